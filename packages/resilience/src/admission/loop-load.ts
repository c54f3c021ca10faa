/** Share of the time from which on the event loop has none left, and time in milliseconds that each request then takes at least. */
const saturatedRatio = 0.9
const leastCostMs = 0.2

/**
 * Knows whether connections may be waiting in the kernel for longer than anybody sees. While the event loop comes to rest now
 * and then, none is waiting at that moment. Where it does not, some hundred wait (Node's `backlog` is 511), each for one turn: that is
 * noteworthy when requests take long enough.
 */
export class LoopLoad {
  readonly #busyMs: () => number
  #saturated = false
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

  /**
   * Takes in the time since the last call.
   *
   * @param nowMs monotonic
   * @param count requests that were started, ever growing
   */
  measure(nowMs: number, count: number): void {
    const busyMs = this.#busyMs()
    const spentMs = busyMs - this.#lastBusyMs
    this.#saturated =
      spentMs >= saturatedRatio * (nowMs - this.#lastMs) && spentMs >= leastCostMs * (count - this.#lastCount)
    this.#lastMs = nowMs
    this.#lastBusyMs = busyMs
    this.#lastCount = count
  }
}
