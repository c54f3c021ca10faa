/** Numbers of Netflix's concurrency-limits, class Gradient2Limit, but for the least limit, which is 8 there 20. */
const leastLimit = 8
const longWindow = 600
const smoothing = 0.2
const tolerance = 1.5
const queueSize = 4

/** A limit of requests under way that follows the ratio of their long-term to their present duration (Gradient2). */
export class GradientLimit {
  limit = 20
  #longMs = 0

  record(durationMs: number, inFlight: number): void {
    this.#longMs =
      this.#longMs === 0 ? durationMs : this.#longMs + (durationMs - this.#longMs) * (2 / (longWindow + 1))
    if (this.#longMs / durationMs > 2) this.#longMs *= 0.95
    // A limit that is not used says nothing.
    if (inFlight < this.limit / 2) return
    const gradient = Math.max(0.5, Math.min(1, (tolerance * this.#longMs) / durationMs))
    const next = this.limit * gradient + queueSize
    this.limit = Math.min(200, Math.max(leastLimit, this.limit * (1 - smoothing) + next * smoothing))
  }
}
