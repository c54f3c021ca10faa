import type { Clock, TimerHandle } from '../clock/index.ts'
import { KeelsonError } from '../errors/index.ts'
import type { CheckState, HealthCheck, HealthCheckOptions, HealthResult } from './health-check.ts'

/** Runs one health check again and again, one run at a time. */
export interface CheckRunner {
  readonly state: CheckState
  /** Starts the runs; resolves when the first has ended. */
  start(): Promise<void>
  /** Takes other numbers; the pause under way is measured anew, from its beginning. */
  update(options: Required<HealthCheckOptions>): void
  close(): void
}

/**
 * Makes the runner of one check.
 *
 * @param onChange called when the status changes; the error is that of the run that changed it
 */
export function createCheckRunner(
  name: string,
  check: HealthCheck,
  initial: Required<HealthCheckOptions>,
  clock: Clock,
  onChange: (state: CheckState, error: unknown) => void,
): CheckRunner {
  let options = initial
  let state: CheckState = { name, critical: options.critical, status: 'unknown' }
  let timer: TimerHandle | undefined
  /** End of the last run, while the next is waited for. */
  let endedAtMs: number | undefined
  let closed = false
  let abort: AbortController | undefined

  async function runOnce(): Promise<void> {
    endedAtMs = undefined
    abort = new AbortController()
    const result = await bounded(name, check, abort, options.timeoutMs, clock)
    if (closed) return
    if (result.status !== state.status) {
      state = { ...state, status: result.status }
      onChange(state, result.status === 'down' ? result.error : undefined)
    }
    endedAtMs = clock.monotonic()
    pause(options.intervalMs)
  }

  function pause(pauseMs: number): void {
    timer = clock.setTimeout(() => void runOnce(), pauseMs)
    timer.unref()
  }

  return {
    get state() {
      return state
    },
    start: runOnce,
    update(next) {
      options = next
      state = { ...state, critical: next.critical }
      if (endedAtMs === undefined || closed) return
      clock.clearTimeout(timer)
      pause(Math.max(0, endedAtMs + next.intervalMs - clock.monotonic()))
    },
    close() {
      closed = true
      clock.clearTimeout(timer)
      abort?.abort()
    },
  }
}

/** A check that hangs is down at its time-out; what it answers later is not looked at. Never rejects. */
async function bounded(
  name: string,
  check: HealthCheck,
  abort: AbortController,
  timeoutMs: number,
  clock: Clock,
): Promise<HealthResult> {
  let timer: TimerHandle | undefined
  const timeout = new Promise<HealthResult>((resolve) => {
    timer = clock.setTimeout(() => {
      const error = new KeelsonError(
        'KEELSON_HEALTH_CHECK_TIMEOUT',
        `The health check ${name} did not answer within ${timeoutMs} ms.`,
      )
      abort.abort(error)
      resolve({ status: 'down', error })
    }, timeoutMs)
    timer.unref()
  })
  const run = async (): Promise<HealthResult> => {
    try {
      return await check(abort.signal)
    } catch (error) {
      return { status: 'down', error }
    }
  }
  try {
    return await Promise.race([run(), timeout])
  } finally {
    clock.clearTimeout(timer)
  }
}
