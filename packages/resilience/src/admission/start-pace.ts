/** Share of what a request costs after which the next may start: below 1, so that it is never the pace that the loop waits for. */
const paceRatio = 0.85

/** Share of the bound of which the work may be started at once: handlers that compute later may all do so in one turn. */
const creditRatio = 0.5

/** Options of {@link StartPace}. */
export interface StartPaceOptions {
  /** Time in milliseconds that a request keeps the event loop busy, also later than at its start; 0: the loop has time left. */
  readonly costMs: () => number
  /** Longest wait for the event loop in milliseconds, above 0. */
  readonly boundMs: () => number
}

/**
 * Starts no more than the event loop can do, where it has no time left. A handler that computes after it has waited for
 * something costs nothing when it is started: a hundred of them would be started in one go, and what they compute would be one
 * turn of the loop, in which sockets are not read and connections not accepted. So each start is charged with what
 * requests cost. docs/decisions/0009 has the measurement of both numbers.
 */
export class StartPace {
  readonly #options: StartPaceOptions
  /** Monotonic milliseconds at which the loop will have done what was started. */
  #doneAtMs = 0

  constructor(options: StartPaceOptions) {
    this.#options = options
  }

  /** Time in milliseconds that a request keeps the event loop busy; 0: the loop has time left. */
  get costMs(): number {
    return this.#options.costMs()
  }

  /** Time in milliseconds until one more may start; 0: at once. */
  waitMs(nowMs: number): number {
    const { costMs } = this
    if (costMs === 0) return 0
    const creditMs = Math.max(costMs, creditRatio * this.#options.boundMs())
    // Whoever was started while there was no bound is not waited for.
    this.#doneAtMs = Math.min(nowMs + costMs, Math.max(nowMs - creditMs, this.#doneAtMs))
    return creditMs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#doneAtMs - nowMs)
  }

  /** A request is started. */
  charge(): void {
    this.#doneAtMs += paceRatio * this.costMs
  }
}
