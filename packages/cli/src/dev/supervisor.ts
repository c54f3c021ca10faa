import { type Clock, systemClock, type TimerHandle } from '@keelson/core/clock'
import { createBackOff } from './back-off.ts'
import { type DevProcess, type ProcessEnd, type StartProcess, startDevProcess } from './dev-process.ts'

/**
 * What a service is doing. `starting` until it is ready for the first time · `waiting` for its next start after a crash ·
 * `crashed`: for a change · `stopped`: somebody wants it so.
 */
export type ServicePhase = 'starting' | 'up' | 'stopping' | 'stopped' | 'waiting' | 'crashed'

/** What a supervisor tells. */
export interface SupervisorEvents {
  readonly onRow: (stream: 'stdout' | 'stderr', row: string) => void
  readonly onPhase: (phase: ServicePhase) => void
  /** It ended without being asked to. */
  readonly onCrash: (end: ProcessEnd, next: { readonly delayMs: number } | undefined) => void
}

/** What a supervisor runs. */
export interface SupervisorOptions {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Longest wait for the end after SIGTERM, in milliseconds; then a second SIGTERM, then SIGKILL. */
  readonly graceMs: number
  readonly events: SupervisorEvents
  /** @defaultValue a real process */
  readonly start?: StartProcess
  readonly clock?: Clock
}

/** One service under supervision. */
export interface Supervisor {
  readonly phase: ServicePhase
  readonly pid: number | undefined
  /** Starts so far, the first included. */
  readonly startCount: number
  /** How the last life ended. */
  readonly lastEnd: ProcessEnd | undefined
  /** Told by whoever asks its probes. */
  markReady(): void
  /** Starts it unless it runs. */
  run(): void
  /** Stops it, if it runs, and starts it anew. */
  restart(): void
  /** Stops it and leaves it stopped. Resolves when it is gone. */
  stop(): Promise<void>
  /** Ends it at once; it stays stopped. */
  kill(): void
}

/** A restart is for somebody who waits: longer than this, in milliseconds, no request is worth it. */
const RESTART_PATIENCE_MS = 5_000
/** Between the second SIGTERM, at which a service ends at once, and SIGKILL. */
const LAST_PATIENCE_MS = 2_000

/** Makes the supervisor of one service; `run()` starts it. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { command, cwd, env, graceMs, events, start = startDevProcess, clock = systemClock } = options
  const backOff = createBackOff()
  let phase: ServicePhase = 'stopped'
  let wanted: 'running' | 'stopped' = 'stopped'
  let child: DevProcess | undefined
  let lastEnd: ProcessEnd | undefined
  let startCount = 0
  let readySinceMs: number | undefined
  let timer: TimerHandle | undefined
  let ending: Promise<void> | undefined

  const enter = (next: ServicePhase): void => {
    phase = next
    events.onPhase(next)
  }

  const startChild = (): void => {
    clock.clearTimeout(timer)
    startCount += 1
    readySinceMs = undefined
    const own = start({ command, cwd, env, onRow: events.onRow })
    child = own
    enter('starting')
    void own.ended.then((end) => onEnd(own, end))
  }

  const onEnd = (own: DevProcess, end: ProcessEnd): void => {
    if (own !== child) return
    const wasAsked = phase === 'stopping'
    child = undefined
    lastEnd = end
    if (wanted === 'stopped') return enter('stopped')
    if (wasAsked) return startChild()
    const upMs = readySinceMs === undefined ? undefined : clock.monotonic() - readySinceMs
    const answer = backOff.crashed(end.code, upMs)
    if (answer.kind === 'wait') {
      enter('crashed')
      return events.onCrash(end, undefined)
    }
    enter('waiting')
    events.onCrash(end, answer)
    timer = clock.setTimeout(startChild, answer.delayMs)
  }

  const terminate = (own: DevProcess, patienceMs: number): Promise<void> => {
    enter('stopping')
    own.signal('SIGTERM')
    let next = clock.setTimeout(() => {
      own.signal('SIGTERM')
      next = clock.setTimeout(() => own.kill(), LAST_PATIENCE_MS)
    }, patienceMs)
    const forget = (): void => clock.clearTimeout(next)
    ending = own.ended.then(forget)
    return ending
  }

  return {
    get phase() {
      return phase
    },
    get pid() {
      return child?.pid
    },
    get startCount() {
      return startCount
    },
    get lastEnd() {
      return lastEnd
    },
    markReady() {
      if (phase !== 'starting') return
      readySinceMs = clock.monotonic()
      enter('up')
    },
    run() {
      wanted = 'running'
      backOff.reset()
      if (child === undefined) startChild()
    },
    restart() {
      wanted = 'running'
      backOff.reset()
      if (child === undefined) startChild()
      else if (phase !== 'stopping') void terminate(child, Math.min(graceMs, RESTART_PATIENCE_MS))
    },
    async stop() {
      wanted = 'stopped'
      clock.clearTimeout(timer)
      if (child === undefined) {
        if (phase !== 'stopped') enter('stopped')
        return
      }
      await (phase === 'stopping' ? ending : terminate(child, graceMs))
    },
    kill() {
      wanted = 'stopped'
      clock.clearTimeout(timer)
      child?.kill()
    },
  }
}
