import type { Criticality } from '@keelson/core/context'
import { shareOf } from './refusal.ts'

/** Least length of an interval in milliseconds, and the requests that it must hold; one second is the longest. */
const intervalMs = 100
const intervalCount = 8
const longestIntervalMs = 1_000

/** Requests that are always let in: fewer say nothing about a queue. */
const leastLimit = 8

/** How quickly the unloaded duration follows a rise, per interval; it follows a fall at once. */
const riseWeight = 0.05

/** Intervals in a row in which the limit was not reached, after which it is lifted. */
const liftAfterCount = 10

/** A wait that is longer than this many bounds did not grow as a queue does: something stood still. */
const standstillCount = 10

/** `free`: no limit. `cut`: a limit is tried. `held`: it did shorten the wait, and is kept. */
type LimitState = 'free' | 'cut' | 'held'

/**
 * Bounds the requests of one route that are under way when they queue for something that the event loop does not see: a
 * pool, a lock, a neighbour. The sign is the *shortest* duration of an interval: when even the luckiest request took
 * longer than without load by more than the bound, all of them wait. Then as many are let in as can be done in that time;
 * where this does not shorten the wait it was no queue, and the limit is taken back.
 */
export class RouteLimit {
  readonly #askBoundMs: () => number
  /** Requests of the route that were started and have not ended. */
  inFlight = 0
  #limit = Number.POSITIVE_INFINITY
  #state: LimitState = 'free'
  /** Shortest duration without load, in milliseconds; 0 before it is known. */
  #unloadedMs = 0
  #startMs = 0
  #count = 0
  #leastMs = Number.POSITIVE_INFINITY
  #reached = false
  #judgeAtMs = 0
  #cutDrainMs = 0
  #heldLimit = 0
  #idleCount = 0
  #lastLeastMs = 0
  #lastLeastUntilMs = 0

  /** @param boundMs gives the longest wait in milliseconds, which may change; 0: there is no limit */
  constructor(boundMs: () => number) {
    this.#askBoundMs = boundMs
  }

  /** Requests that may be under way; `Infinity` while there is no limit. */
  get limit(): number {
    return this.#limit
  }

  /** Whether one more of this class may start. */
  allows(criticality: Criticality | undefined): boolean {
    if (this.inFlight < this.#limit * shareOf(criticality) || this.#boundMs === 0) return true
    this.#reached = true
    return false
  }

  /**
   * Least time in milliseconds that a request of the last second or two took; 0 when nothing is known. Forgotten soon: a
   * service that refuses everything would never learn that it has become faster.
   */
  leastMs(nowMs: number): number {
    return nowMs < this.#lastLeastUntilMs ? this.#lastLeastMs : 0
  }

  begin(): void {
    this.inFlight += 1
  }

  /**
   * A request ended.
   *
   * @param durationMs since it was started
   * @param isSample whether its duration says something: a whole answer, no failure, no stream
   */
  end(nowMs: number, durationMs: number, isSample: boolean): void {
    this.inFlight -= 1
    if (isSample) {
      this.#count += 1
      if (durationMs < this.#leastMs) this.#leastMs = durationMs
    }
    const elapsedMs = nowMs - this.#startMs
    if (elapsedMs >= intervalMs && (this.#count >= intervalCount || elapsedMs >= longestIntervalMs)) {
      this.#closeInterval(nowMs, elapsedMs)
    }
  }

  #closeInterval(nowMs: number, elapsedMs: number): void {
    const count = this.#count
    const leastMs = this.#leastMs
    const startedAtMs = this.#startMs
    const wasReached = this.#reached
    this.#startMs = nowMs
    this.#count = 0
    this.#leastMs = Number.POSITIVE_INFINITY
    this.#reached = false
    // The first interval of all, or one after a long pause, began with no request.
    if (count === 0 || elapsedMs > 2 * longestIntervalMs) {
      if (!wasReached) this.#lift()
      return
    }
    this.#lastLeastMs = leastMs
    this.#lastLeastUntilMs = nowMs + longestIntervalMs
    const boundMs = this.#boundMs
    if (boundMs === 0 || count < intervalCount) {
      if (boundMs === 0 || !wasReached) this.#lift()
      return
    }
    if (this.#unloadedMs === 0 || leastMs < this.#unloadedMs) this.#unloadedMs = leastMs
    if (this.#state === 'free') this.#look(nowMs, leastMs, count / elapsedMs)
    else if (this.#state === 'cut') this.#judge(startedAtMs, leastMs)
    else this.#steer(leastMs, wasReached)
  }

  /** Is there a queue that will be longer than the bound? */
  #look(nowMs: number, leastMs: number, ratePerMs: number): void {
    const leastWaitMs = leastMs - this.#unloadedMs
    // By then those under way will have ended, at the present rate: a request that comes now waits behind them.
    const drainMs = this.inFlight / ratePerMs
    const isQueue =
      leastMs > 2 * this.#unloadedMs && leastWaitMs > this.#boundMs / 4 && drainMs > this.#targetMs
    if (!isQueue || leastWaitMs > standstillCount * this.#boundMs) {
      this.#unloadedMs += leastWaitMs * riseWeight
      return
    }
    this.#state = 'cut'
    this.#limit = Math.max(leastLimit, ratePerMs * this.#targetMs)
    this.#judgeAtMs = nowMs + drainMs
    this.#cutDrainMs = drainMs
  }

  /** Has the limit kept the wait short? Asked when all that were let in before it have ended. */
  #judge(startedAtMs: number, leastMs: number): void {
    if (startedAtMs < this.#judgeAtMs) return
    if (leastMs > this.#targetMs && leastMs > 0.75 * this.#cutDrainMs) {
      this.#takeBack(leastMs)
      return
    }
    this.#state = 'held'
    this.#heldLimit = this.#limit
  }

  /** Keeps the wait at three quarters of the bound. */
  #steer(leastMs: number, wasReached: boolean): void {
    const waitMs = leastMs - this.#unloadedMs
    if (waitMs > 0.75 * this.#boundMs) {
      this.#limit = Math.max(leastLimit, this.#limit * 0.9)
      // A quarter as many under way, and the wait as long as ever: it does not come from them.
      if (this.#limit < this.#heldLimit / 4 && waitMs > this.#boundMs) {
        this.#takeBack(leastMs)
        return
      }
    } else if (wasReached && waitMs < this.#boundMs / 2) {
      this.#limit = this.#limit * 1.1 + 1
      this.#heldLimit = Math.max(this.#heldLimit, this.#limit)
    }
    this.#idleCount = wasReached ? 0 : this.#idleCount + 1
    if (this.#idleCount >= liftAfterCount) this.#lift()
  }

  get #boundMs(): number {
    return this.#askBoundMs()
  }

  get #targetMs(): number {
    return this.#unloadedMs + this.#boundMs
  }

  /** It was no queue: requests simply take longer now. */
  #takeBack(leastMs: number): void {
    this.#unloadedMs = leastMs
    this.#lift()
  }

  #lift(): void {
    this.#state = 'free'
    this.#limit = Number.POSITIVE_INFINITY
    this.#idleCount = 0
  }
}
