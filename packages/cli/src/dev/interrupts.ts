/** What of a process tells of signals. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown
  off(signal: NodeJS.Signals, listener: () => void): unknown
}

/** The wishes of whoever presses Ctrl-C. */
export interface Interrupts {
  /** Aborted when everything is to stop in order. */
  readonly stop: AbortSignal
  /** Aborted when everything is to end at once. */
  readonly end: AbortSignal
  close(): void
}

/** npm hands Ctrl-C over to a command that has it from the terminal already: in milliseconds, within this it is one. */
const SAME_PRESS_MS = 500

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Listens for the first and the second wish to end.
 *
 * @param first aborted at the first SIGINT or SIGTERM by the command's entry; a terminal that is closed (SIGHUP) counts too
 * @param nowMs time in milliseconds, for tests
 */
export function listenForInterrupts(
  first: AbortSignal,
  source: SignalSource = process,
  nowMs: () => number = () => performance.now(),
): Interrupts {
  const stop = new AbortController()
  const end = new AbortController()
  let firstAtMs: number | undefined
  const onSignal = (): void => {
    firstAtMs ??= nowMs()
    stop.abort()
    if (nowMs() - firstAtMs > SAME_PRESS_MS) end.abort()
  }
  if (first.aborted) onSignal()
  first.addEventListener('abort', onSignal, { once: true })
  for (const signal of signals) source.on(signal, onSignal)
  return {
    stop: stop.signal,
    end: end.signal,
    close() {
      first.removeEventListener('abort', onSignal)
      for (const signal of signals) source.off(signal, onSignal)
    },
  }
}
