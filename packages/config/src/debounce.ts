import type { Clock, TimerHandle } from '@keelson/core/clock'

/** Bounds of a {@link createDebounce}. */
export interface DebounceOptions {
  readonly clock: Clock
  /** Time without a trigger after which the action runs, in milliseconds. */
  readonly quietMs: number
  /** Time after the first trigger at which it runs although they do not end, in milliseconds. */
  readonly maxMs: number
  /** Moment on the monotonic clock before which it does not run, whatever else holds. @defaultValue none */
  readonly notBefore?: () => number
}

/** Runs an action once for many triggers. */
export interface Debounce {
  trigger(): void
  /** Forgets what was triggered. */
  cancel(): void
}

/** Makes a {@link Debounce}. Its timer does not keep the process alive. */
export function createDebounce(action: () => void, options: DebounceOptions): Debounce {
  const { clock, quietMs, maxMs, notBefore = () => 0 } = options
  let timer: TimerHandle | undefined
  let firstAt = 0
  return {
    trigger() {
      const now = clock.monotonic()
      if (timer === undefined) firstAt = now
      clock.clearTimeout(timer)
      timer = clock.setTimeout(
        () => {
          timer = undefined
          action()
        },
        Math.max(Math.min(quietMs, Math.max(0, firstAt + maxMs - now)), notBefore() - now),
      )
      timer.unref()
    },
    cancel() {
      clock.clearTimeout(timer)
      timer = undefined
    },
  }
}
