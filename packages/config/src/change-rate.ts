import type { Clock } from '@keelson/core/clock'

/** Keeps whoever writes without end from making a service reload without end. */
export interface ChangeRate {
  /** A change came into force. */
  count(): void
  /** Moment on the monotonic clock before which the next change should wait. */
  readonly notBefore: number
  /** A sentence while changes are held back. */
  readonly warning: string | undefined
}

/** More changes than this within the window are not people's. Facts A6. */
const maxChangeCount = 20
const windowMs = 60_000
/** Time between changes from then on. */
const spacingMs = 5_000

/** Makes a {@link ChangeRate}. */
export function createChangeRate(clock: Clock): ChangeRate {
  let times: readonly number[] = []
  const recent = () => {
    const since = clock.monotonic() - windowMs
    times = times.filter((time) => time > since)
    return times
  }
  return {
    count() {
      times = [...recent(), clock.monotonic()]
    },
    get notBefore() {
      return recent().length > maxChangeCount ? (times.at(-1) ?? 0) + spacingMs : 0
    },
    get warning() {
      return recent().length > maxChangeCount
        ? `The configuration changes more often than ${maxChangeCount} times a minute: one change in ${spacingMs / 1_000} s is taken.`
        : undefined
    },
  }
}
