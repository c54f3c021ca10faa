/** Share of the time from which on the event loop has none left, and time in milliseconds that each request then takes at least. */
const saturatedRatio = 0.9
const leastCostMs = 0.2

/** Share below which it has time left again, and intervals in a row after which that is believed. */
const restingRatio = 0.7
const restingCount = 3

/** Weight of an interval in what a request costs: one of 100 ms holds few requests that are dear. */
const costWeight = 0.3

/** What a first sample of it, in milliseconds, and a leap may be: a process that stood still has not become dear. */
const firstCostMs = 20
const leapRatio = 5

/**
 * Knows whether connections may be waiting in the kernel for longer than anybody sees, and what a request costs where the event
 * loop has no time left. While the event loop comes to rest now
 * and then, none is waiting at that moment. Where it does not, some hundred wait (Node's `backlog` is 511), each for one turn: that is
 * noteworthy when requests take long enough.
 */
export class LoopLoad {
  readonly #busyMs: () => number
  #saturated = false
  #costMs = 0
  #restCount = 0
  #lastMs = 0
  #lastBusyMs = 0
  #lastCount = 0

  /** @param busyMs time in milliseconds for which the loop was not at rest, ever growing */
  constructor(busyMs: () => number) {
    this.#busyMs = busyMs
  }

  get isSaturated(): boolean {
    return this.#saturated
  }

  /** Time in milliseconds that a request keeps the loop busy, whenever in its life that is; 0: the loop has time left. */
  get costMs(): number {
    return this.#costMs
  }

  /**
   * Takes in the time since the last call.
   *
   * @param nowMs monotonic
   * @param count requests that were started, ever growing
   */
  measure(nowMs: number, count: number): void {
    const busyMs = this.#busyMs()
    const spentMs = busyMs - this.#lastBusyMs
    const elapsedMs = nowMs - this.#lastMs
    const newCount = count - this.#lastCount
    const wasSaturated = this.#saturated
    this.#saturated = spentMs >= saturatedRatio * elapsedMs && spentMs >= leastCostMs * newCount
    this.#restCount = spentMs < restingRatio * elapsedMs ? this.#restCount + 1 : 0
    if (this.#restCount >= restingCount) this.#costMs = 0
    else if (newCount > 0) this.#learn(spentMs / newCount, wasSaturated)
    this.#lastMs = nowMs
    this.#lastBusyMs = busyMs
    this.#lastCount = count
  }

  #learn(sampleMs: number, wasSaturated: boolean): void {
    if (this.#costMs > 0) {
      this.#costMs += (Math.min(sampleMs, leapRatio * this.#costMs) - this.#costMs) * costWeight
      // One interval alone may be that of a process that stood still.
    } else if (this.#saturated && wasSaturated) this.#costMs = Math.min(sampleMs, firstCostMs)
  }
}
