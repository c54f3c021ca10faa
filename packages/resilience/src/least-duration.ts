/** Half of the time for which a duration is remembered, in milliseconds: as long as the window of a breaker, all in all. */
const halfMs = 5_000

/** Shortest duration of the last 5 to 10 s: what no call has lately done without. */
export class LeastDuration {
  #half = -1
  #earlierMs = Infinity
  #presentMs = Infinity

  /** Adds the duration of a call that succeeded. @param nowMs monotonic */
  record(nowMs: number, durationMs: number): void {
    this.#advance(nowMs)
    if (durationMs < this.#presentMs) this.#presentMs = durationMs
  }

  /** Milliseconds; 0 when nothing is known. @param nowMs monotonic */
  valueMs(nowMs: number): number {
    this.#advance(nowMs)
    const leastMs = Math.min(this.#earlierMs, this.#presentMs)
    return leastMs === Infinity ? 0 : leastMs
  }

  #advance(nowMs: number): void {
    const half = Math.floor(nowMs / halfMs)
    if (half === this.#half) return
    this.#earlierMs = half === this.#half + 1 ? this.#presentMs : Infinity
    this.#presentMs = Infinity
    this.#half = half
  }
}
