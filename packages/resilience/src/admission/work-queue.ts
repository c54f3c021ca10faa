import type { Clock, TimerHandle } from '@keelson/core/clock'
import type { Criticality } from '@keelson/core/context'
import { shareOf } from './refusal.ts'
import type { StartPace } from './start-pace.ts'

/** A request that waits for its turn. */
export interface Waiting {
  readonly criticality: Criticality | undefined
  /** Monotonic milliseconds at which it was seen. */
  readonly sinceMs: number
  /** Starts it, or refuses it when it cannot be done in time any more. @returns whether it was started */
  take(waitedMs: number): boolean
  /** It has waited too long. */
  expire(): void
}

/** Options of {@link WorkQueue}. */
export interface WorkQueueOptions {
  readonly clock: Clock
  /** Calls back in the next turn of the event loop, after sockets were read. */
  readonly defer: (callback: () => void) => void
  /** Longest wait in milliseconds, above 0; a class gets its share of it. Asked again each time: it may change. */
  readonly boundMs: () => number
  /** Whether the process has yet to compile what it runs: see {@link coldBounds}. */
  readonly isCold: (nowMs: number) => boolean
  /** Whoever charges it does so for every start. */
  readonly pace: StartPace
  /** Whether one more may start now; {@link WorkQueue.wake} is called when that may have changed. */
  readonly mayStart: () => boolean
}

/** Time in milliseconds for which waiting requests are started before sockets are read again, and how many at most. */
const sliceMs = 5
const sliceCount = 64

/** Requests that may wait, whatever is thought of their duration: a bound for memory. */
const maxWaiting = 10_000

/**
 * A queue that has stood for less than this many bounds is a burst, of which each may wait for so many: it is worked off
 * before anybody would have to be refused. Facebook's adaptive CoDel has ten intervals for the same reason (2014).
 */
const burstBounds = 3

/**
 * Bounds that a request may wait in a cold process: as long as callers wait anyway, but not so long that those of an
 * overload which is met by a cold process have all given up when their turn comes.
 */
const coldBounds = 5

/** Bounds that a request may wait where a process that stood still has left a queue that is next to no work. */
const standstillBounds = 10

/** Share of the bound below which the work that waits is next to none. */
const trifleShare = 0.25

/** What a first sample and a leap of later ones may be: a process that stood still has not become dear. */
const firstSampleMs = 20
const leapRatio = 5

/** Share of critical requests beyond which nothing is concluded from it. */
const largestRatio = 0.9

/** Weight of one request in the means. */
const weight = 0.1

/**
 * Requests that wait for the event loop, the critical ones first and those of one class in the order of their arrival.
 * They are started in slices; between two slices the loop reads its sockets, so that new requests are seen, and refused,
 * while there are others waiting. Within a slice each is started by a callback of its own, after which Node runs what the
 * one before has left in the queues of ticks and promises: a handler that computes behind an `await` is part of the slice,
 * and requests interleave no more than those that arrive one by one.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #critical: Waiting[] = []
  readonly #ordinary: Waiting[] = []
  readonly #sheddable: Waiting[] = []
  /** Time that passes from one start to the next while others wait, in milliseconds; 0 when nothing is known. */
  #costMs = 0
  /** Share of critical requests among those that were started: they overtake the others. */
  #criticalRatio = 0
  /** Since when starts are counted for the next sample, and how many there were; -1: requests do not wait. */
  #countSinceMs = -1
  /** Since when somebody has been waiting, pauses shorter than the bound left out. */
  #standsSinceMs = 0
  #emptiedAtMs = Number.NEGATIVE_INFINITY
  #startedCount = 0
  /** Calls that are still to come in this turn: one for each start, and one that ends the slice. */
  #comingCount = 0
  /** Monotonic milliseconds at which the slice began; -1 before. */
  #sliceAtMs = -1
  /** Runs until the pace allows one more to start. */
  #pause: TimerHandle | undefined
  readonly #resume = (): void => {
    this.#pause = undefined
    this.wake()
  }
  readonly #run = (): void => {
    this.#comingCount -= 1
    const nowMs = this.#options.clock.monotonic()
    if (this.#sliceAtMs < 0) this.#beginSlice(nowMs)
    if (this.#comingCount > 0) this.#startNext(nowMs)
    else this.#endSlice(nowMs)
  }

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#critical.length + this.#ordinary.length + this.#sheddable.length
  }

  /** How long a request of this class would wait, in milliseconds. */
  waitMs(criticality: Criticality | undefined): number {
    const costMs = Math.max(this.#costMs, this.#options.pace.costMs)
    if (criticality === 'critical') return this.#critical.length * costMs
    return (this.size * costMs) / (1 - Math.min(largestRatio, this.#criticalRatio))
  }

  /**
   * Whether one more of this class fits in the bound. The first of all always does: else a wrong idea of what a request
   * costs could refuse everything for ever.
   */
  fits(criticality: Criticality | undefined, nowMs: number): boolean {
    if (this.size >= maxWaiting) return false
    return this.size === 0 || this.waitMs(criticality) < this.#boundMs(criticality, nowMs)
  }

  add(waiting: Waiting): void {
    const { sinceMs } = waiting
    if (this.size === 0 && sinceMs - this.#emptiedAtMs > this.#options.boundMs())
      this.#standsSinceMs = sinceMs
    if (waiting.criticality === 'critical') this.#critical.push(waiting)
    else if (waiting.criticality === 'sheddable') this.#sheddable.push(waiting)
    else this.#ordinary.push(waiting)
    if (this.#comingCount === 0) this.wake()
    else if (this.#sliceAtMs < 0 && this.#comingCount <= sliceCount) this.#deferRuns(1)
  }

  /** One more may start, perhaps. */
  wake(): void {
    if (this.#comingCount > 0 || this.size === 0 || this.#pause !== undefined) return
    const { clock, pace } = this.#options
    const waitMs = pace.waitMs(clock.monotonic())
    if (waitMs > 0) {
      this.#pause = clock.setTimeout(this.#resume, Math.ceil(waitMs))
      this.#pause.unref()
      return
    }
    this.#sliceAtMs = -1
    this.#deferRuns(Math.min(this.size, sliceCount) + 1)
  }

  #deferRuns(count: number): void {
    this.#comingCount += count
    for (let run = 0; run < count; run++) this.#options.defer(this.#run)
  }

  #beginSlice(nowMs: number): void {
    this.#sliceAtMs = nowMs
    this.#sample(nowMs)
    this.#expireAll(nowMs)
  }

  #startNext(nowMs: number): void {
    const { mayStart, pace } = this.#options
    while (nowMs - this.#sliceAtMs < sliceMs && pace.waitMs(nowMs) === 0 && mayStart()) {
      const next = this.#critical.shift() ?? this.#ordinary.shift() ?? this.#sheddable.shift()
      if (next === undefined) return
      if (next.take(nowMs - next.sinceMs)) {
        this.#count(next.criticality)
        return
      }
    }
  }

  #endSlice(nowMs: number): void {
    this.#expireAll(nowMs)
    if (this.size === 0) {
      this.#emptiedAtMs = nowMs
      this.#endSample(nowMs)
    } else if (this.#options.mayStart()) this.wake()
  }

  #count(criticality: Criticality | undefined): void {
    this.#startedCount += 1
    this.#criticalRatio += ((criticality === 'critical' ? 1 : 0) - this.#criticalRatio) * weight
  }

  /** From slice to slice: what handlers do later, refusals and collections of garbage are part of what a request costs. */
  #sample(nowMs: number): void {
    if (this.#countSinceMs >= 0 && this.#startedCount > 0) {
      const mostMs = this.#costMs === 0 ? firstSampleMs : leapRatio * this.#costMs
      const sampleMs = Math.min(mostMs, (nowMs - this.#countSinceMs) / this.#startedCount)
      const share = this.#costMs === 0 ? 1 : Math.min(0.5, weight * this.#startedCount)
      this.#costMs += (sampleMs - this.#costMs) * share
    }
    if (this.#countSinceMs < 0 || this.#startedCount > 0) {
      this.#countSinceMs = nowMs
      this.#startedCount = 0
    }
  }

  #endSample(nowMs: number): void {
    this.#sample(nowMs)
    this.#countSinceMs = -1
    this.#startedCount = 0
  }

  #boundMs(criticality: Criticality | undefined, nowMs: number): number {
    const wholeMs = this.#options.boundMs()
    const boundMs = wholeMs * shareOf(criticality)
    if (this.#options.isCold(nowMs)) return coldBounds * boundMs
    return nowMs - this.#standsSinceMs < burstBounds * wholeMs ? burstBounds * boundMs : boundMs
  }

  /** Those at the back of the line do not learn of their fate by their turn, which may never come. */
  #expireAll(nowMs: number): void {
    this.#expire(this.#critical, nowMs)
    this.#expire(this.#ordinary, nowMs)
    this.#expire(this.#sheddable, nowMs)
  }

  /**
   * Refuses who has waited too long, except where all that wait are next to no work: then they are late because the
   * process stood still, and refusing them would win nothing.
   */
  #expire(queue: Waiting[], nowMs: number): void {
    const criticality = queue[0]?.criticality
    const wholeMs = this.#options.boundMs()
    const isTrifle = this.waitMs(criticality) < trifleShare * wholeMs
    const boundMs = isTrifle
      ? standstillBounds * wholeMs * shareOf(criticality)
      : this.#boundMs(criticality, nowMs)
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (nowMs - next.sinceMs <= boundMs) return
      queue.shift()
      next.expire()
    }
  }
}
