import { setTimeout as wait } from 'node:timers/promises'

/** Trouble that the catalog makes on purpose, so that its callers can be watched. */
export interface Trouble {
  /** Time that every answer takes, in milliseconds. */
  readonly delayMs: number
  /** Share of requests that fail, 0 to 1. */
  readonly failureRatio: number
}

/** Trouble as configured, until somebody sets other values at run time. */
export interface Switches {
  readonly current: Trouble
  /** Sets some of the values; they stay until the process ends. */
  set(values: Partial<Trouble>): void
  /**
   * Waits and fails as told.
   *
   * @throws Error with status 503 for the share of calls that is to fail
   */
  makeTrouble(): Promise<void>
}

/**
 * Makes the switches.
 *
 * @param configured asked at every use, because configuration may change at run time
 */
export function createSwitches(configured: () => Trouble): Switches {
  let flipped: Partial<Trouble> = {}
  return {
    get current() {
      return { ...configured(), ...flipped }
    },
    set(values) {
      flipped = { ...flipped, ...values }
    },
    async makeTrouble() {
      const { delayMs, failureRatio } = this.current
      if (delayMs > 0) await wait(delayMs)
      if (Math.random() < failureRatio) {
        throw Object.assign(new Error('The catalog was told to fail.'), { statusCode: 503 })
      }
    },
  }
}
