/** Time in milliseconds in which an old latency loses its weight (linkerd2 and Finagle: 10 s). */
const latencyDecayMs = 10_000

/** Share that one answer has in the share of failures. */
const outcomeWeight = 0.2

/**
 * Time in milliseconds in which a share of failures without further answers loses its weight: one stray failure keeps an
 * endpoint out for some seconds, while with the 10 s of the latency its neighbours would carry its load for half a minute.
 */
const failingDecayMs = 2_000

/** Latency in milliseconds below which endpoints count as equally fast, so that what they have in flight decides. */
const leastLatencyMs = 1

/**
 * How slow an endpoint is expected to be: its latency, a rise of which counts at once and a fall slowly (peak EWMA),
 * and the share of answers that were no use, each as slow as a time-out. A replica that fails or refuses quickly would
 * otherwise draw the traffic of the others.
 */
export class EndpointScore {
  /** What a useless answer counts as, in milliseconds. */
  penaltyMs: number
  #latencyMs = 0
  #latencyAt = 0
  #failing = 0
  #failingAt = 0

  /** @param penaltyMs what a useless answer counts as, in milliseconds */
  constructor(penaltyMs: number) {
    this.penaltyMs = penaltyMs
  }

  /** Adds the duration of a call. @param nowMs monotonic */
  observe(nowMs: number, durationMs: number): void {
    const weight = Math.exp((this.#latencyAt - nowMs) / latencyDecayMs)
    this.#latencyMs =
      durationMs > this.#latencyMs * weight
        ? durationMs
        : this.#latencyMs * weight + durationMs * (1 - weight)
    this.#latencyAt = nowMs
  }

  /** Adds whether an answer was of use. @param nowMs monotonic */
  count(nowMs: number, useful: boolean): void {
    const share = this.failingRatio(nowMs)
    this.#failing = share + outcomeWeight * ((useful ? 0 : 1) - share)
    this.#failingAt = nowMs
  }

  /** Forgets the failures: the endpoint has shown that it is back. */
  forgive(): void {
    this.#failing = 0
  }

  /** Expected latency in milliseconds, failures left out. @param nowMs monotonic */
  latencyMs(nowMs: number): number {
    return this.#latencyMs * Math.exp((this.#latencyAt - nowMs) / latencyDecayMs)
  }

  /** Share of useless answers, 0 to 1, fading while none comes. @param nowMs monotonic */
  failingRatio(nowMs: number): number {
    return this.#failing === 0 ? 0 : this.#failing * Math.exp((this.#failingAt - nowMs) / failingDecayMs)
  }

  /** The lower, the better. @param nowMs monotonic */
  value(nowMs: number, outstandingCount: number): number {
    const expectedMs = this.latencyMs(nowMs) + this.failingRatio(nowMs) * this.penaltyMs
    return (expectedMs + leastLatencyMs) * (outstandingCount + 1)
  }
}
