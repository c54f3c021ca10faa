/** What a timer of a {@link Clock} can do. */
export interface TimerHandle {
  /** Lets the process end although the timer is still pending. */
  unref(): unknown
}

/** Source of time. A parameter of everything that waits or measures, so that tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`: for timestamps. May jump. */
  now(): number
  /** Milliseconds since some fixed moment, with fractions: for durations. Never goes back. */
  monotonic(): number
  /** Calls `callback` once, `delayMs` milliseconds from now. The timer keeps the process alive unless `unref`'d. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle
  /** Cancels a timer of this clock; does nothing when it has fired or is `undefined`. */
  clearTimeout(handle: TimerHandle | undefined): void
}

/** The real time of the process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  // Handles of this clock are always timers of Node: it made them in the line above.
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
}

/**
 * Waits on a clock.
 *
 * @param delayMs milliseconds, 0 or more
 * @param signal ends the wait early; the promise then rejects with the signal's reason
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = () => {
      clock.clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
