/** First attempts that are looked at: 0.2 s of a busy client, so that the rise of an overload is seen while it rises. */
const keptCount = 64

/** Multiple of the designed share at which a tail is no tail any more, but everything. */
const excess = 4

/** Overruns that are always allowed: what a share of one in a thousand would leave of 64 is chance. */
const leastAllowed = 8

/** How many of the last first attempts took longer than the wait before a second one. */
export class RecentOverruns {
  readonly #allowedCount: number
  readonly #ring = new Uint8Array(keptCount)
  #addedCount = 0
  #overrunCount = 0

  /** @param quantile share that is meant to be faster than the wait, 0.5 to 0.999 */
  constructor(quantile: number) {
    const designed = 1 - quantile
    const share = Math.min(excess * designed, (1 + designed) / 2)
    this.#allowedCount = Math.max(leastAllowed, Math.floor(share * keptCount))
  }

  /** More took longer than the wait was made for: they wait for room, and a second attempt would wait as well. */
  get areTooMany(): boolean {
    return this.#overrunCount > this.#allowedCount
  }

  /** Adds a first attempt: as soon as it has taken longer than the wait, or when it ends before. */
  add(overrun: boolean): void {
    const slot = this.#addedCount % keptCount
    this.#overrunCount += Number(overrun) - this.#ring[slot]! // the slot is below keptCount
    this.#ring[slot] = Number(overrun)
    this.#addedCount += 1
  }
}
