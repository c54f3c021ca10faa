/**
 * Durations that are kept. Of 128 a quantile of 0.95 is the seventh longest: with 4 % slow answers it fell among those in a quarter of
 * the readings, and nothing was asked a second time until the next (bench/calls.md, 2026-11); of 1,024, in one of twenty.
 */
const keptCount = 1_024

/** Durations below which nothing is said: a quantile of a handful is noise. */
const leastCount = 32

/** Readings come after a sixteenth of what is kept, and no sooner than this: sorting at each would cost more than it tells. */
const leastReadingInterval = 16

/** A quantile of the last durations, for the cost of one sort in 16 to 64. */
export class RecentDurations {
  readonly #share: number
  readonly #ring = new Float64Array(keptCount)
  #addedCount = 0
  #nextReading = leastCount
  #value: number | undefined

  /** @param share 0 to 1 */
  constructor(share: number) {
    this.#share = share
  }

  /** Milliseconds; `undefined` until enough is known. */
  get value(): number | undefined {
    return this.#value
  }

  /** @param durationMs milliseconds */
  add(durationMs: number): void {
    this.#ring[this.#addedCount % keptCount] = durationMs
    this.#addedCount += 1
    if (this.#addedCount < this.#nextReading) return
    const sorted = this.#ring.subarray(0, Math.min(keptCount, this.#addedCount)).toSorted()
    this.#nextReading = this.#addedCount + Math.max(leastReadingInterval, sorted.length / 16)
    this.#value = sorted[Math.min(sorted.length - 1, Math.floor(this.#share * sorted.length))]
  }
}
