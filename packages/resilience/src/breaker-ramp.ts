/**
 * Tenths of the calls that each part of the ramp lets through; after the last of them all are (the 10–30–60–100 % of the usual
 * advice for a service that comes back).
 */
const stepTenths: readonly number[] = [1, 3, 6]

/**
 * Pause in milliseconds after which a call is let through whatever the share: about the pace of the probes (three in 250 ms), so that
 * who makes a few calls a second is never refused.
 */
const leastPauseMs = 100

/**
 * Decides which calls a circuit lets through on its way from the probes to all of them. Counts and does not throw dice: of ten calls at
 * a share of 0.3 exactly three pass, the first among them.
 */
export class BreakerRamp {
  #beganAt = 0
  #lengthMs = 0
  /** Tenths of a call that are saved up. */
  #credit = 0
  #passedAt = 0

  /**
   * Begins at the lowest share.
   *
   * @param nowMs a monotonic time in milliseconds
   * @param lengthMs time in milliseconds until all calls pass
   */
  begin(nowMs: number, lengthMs: number): void {
    this.#beganAt = nowMs
    this.#lengthMs = lengthMs
    // The next call passes, and with it goes what is left of an earlier ramp's credit.
    this.#passedAt = -Infinity
  }

  /** Gives a ramp that has begun another length. */
  stretch(lengthMs: number): void {
    this.#lengthMs = lengthMs
  }

  /** Milliseconds until all calls pass; 0 when they do. */
  remainingMs(nowMs: number): number {
    return Math.max(0, this.#beganAt + this.#lengthMs - nowMs)
  }

  /** Share of the calls that pass at a moment, 0 to 1. */
  ratio(nowMs: number): number {
    return this.#tenths(nowMs) / 10
  }

  /** Whether one more call passes; one that does not is refused. */
  admits(nowMs: number): boolean {
    this.#credit += this.#tenths(nowMs)
    if (this.#credit < 10 && nowMs - this.#passedAt < leastPauseMs) return false
    this.#credit = Math.max(0, this.#credit - 10)
    this.#passedAt = nowMs
    return true
  }

  #tenths(nowMs: number): number {
    if (this.#lengthMs === 0) return 10
    const part = ((nowMs - this.#beganAt) * stepTenths.length) / this.#lengthMs
    return stepTenths[Math.floor(part)] ?? 10
  }
}
