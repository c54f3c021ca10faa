/** Durations that are kept. */
const keptCount = 128

/** Durations between two readings of the quantile: sorting 128 numbers at each would cost more than it tells. */
const readingInterval = 16

/** Durations below which nothing is said: a quantile of a handful is noise. */
const leastCount = 32

/** A quantile of the last durations, for the cost of one sort in sixteen. */
export class RecentDurations {
  readonly #share: number
  readonly #ring: number[] = []
  #nextIndex = 0
  #addedCount = 0
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
    this.#ring[this.#nextIndex] = durationMs
    this.#nextIndex = (this.#nextIndex + 1) % keptCount
    this.#addedCount += 1
    if (this.#addedCount < leastCount || this.#addedCount % readingInterval !== 0) return
    const sorted = this.#ring.toSorted((a, b) => a - b)
    this.#value = sorted[Math.min(sorted.length - 1, Math.floor(this.#share * sorted.length))]
  }
}
