/** A turn of the event loop that has lasted longer than this, in milliseconds, is a long one: whoever is read in it waits. */
export const longTurnMs = 20

/** Requests that may always be under way: turns of fewer cannot be made shorter by waiting. */
const leastLimit = 4

/** Intervals in a row in which the limit was not reached, after which it is lifted. */
const liftAfterCount = 10

/**
 * Bounds the requests under way, of all routes, while every turn of the event loop is a long one: their handlers have so
 * much to do after they were started that sockets are read, and connections accepted, too late. One connection is accepted
 * a turn (libuv since 1.47), so that long turns shut callers out whom nobody has refused. The others wait in the queue,
 * where they are seen.
 */
export class TurnLimit {
  #limit = Number.POSITIVE_INFINITY
  #reached = false
  #idleCount = 0

  /** Requests that may be under way; `Infinity` while turns are short. */
  get limit(): number {
    return this.#limit
  }

  /** Whether one more request may start. */
  allows(inFlight: number): boolean {
    if (inFlight < this.#limit) return true
    this.#reached = true
    return false
  }

  /**
   * Takes in an interval.
   *
   * @param shortestMs every turn was longer, in milliseconds
   */
  adapt(shortestMs: number, inFlight: number): void {
    const wasReached = this.#reached
    this.#reached = false
    if (shortestMs > longTurnMs) {
      const present = this.#limit === Number.POSITIVE_INFINITY ? inFlight : this.#limit
      this.#limit = Math.max(leastLimit, present * Math.max(0.1, Math.min(0.85, longTurnMs / shortestMs)))
      this.#idleCount = 0
      return
    }
    if (this.#limit === Number.POSITIVE_INFINITY) return
    if (wasReached) this.#limit = this.#limit * 1.1 + 1
    this.#idleCount = wasReached ? 0 : this.#idleCount + 1
    if (this.#idleCount >= liftAfterCount) {
      this.#limit = Number.POSITIVE_INFINITY
      this.#idleCount = 0
    }
  }
}
