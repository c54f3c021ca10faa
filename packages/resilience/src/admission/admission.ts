import { type Clock, systemClock } from '@keelson/core/clock'
import type { Criticality } from '@keelson/core/context'
import {
  type AdmissionBounds,
  type AdmissionOptions,
  admissionDefaults,
  checkAdmissionOptions,
} from './admission-options.ts'
import { LoopLoad } from './loop-load.ts'
import { LoopWatch } from './loop-watch.ts'
import { Newcomers } from './newcomers.ts'
import { backlogReached, deadlinePassed, limitReached, type Refusal, shareOf } from './refusal.ts'
import { RouteLimit } from './route-limit.ts'
import { StartPace } from './start-pace.ts'
import { longTurnMs, TurnLimit } from './turn-limit.ts'
import { WorkQueue } from './work-queue.ts'

/** What is known of a request at the door. */
export interface Arrival {
  /** Moment in milliseconds since 1970 at which its caller gives up. */
  readonly deadline: number | undefined
  readonly criticality: Criticality | undefined
  /** Monotonic milliseconds at which it was seen. */
  readonly startedAtMs: number
}

/** A request that is to wait for its turn. */
export interface Applicant {
  /** Whether its caller has left meanwhile. */
  readonly isGone: () => boolean
  readonly start: (waitedMs: number) => void
  readonly refuse: (refusal: Refusal) => void
}

/** `undefined`: start it now. `later`: hand it to {@link Admission.queue}. */
export type Verdict = Refusal | 'later' | undefined

/** Taken at once: the tests of a service may put a fake in its place later. */
const realSetImmediate = setImmediate

/** Time in milliseconds for which the event loop was not at rest. */
function loopBusyMs(): number {
  return performance.eventLoopUtilization().active
}

/**
 * Requests after which a process is taken to have compiled what it runs, and the time in milliseconds after the first of
 * them at which it is however few there were. V8 optimizes after a few hundred calls; docs/decisions/0009.
 */
const warmUpCount = 200
const warmUpMs = 10_000

/**
 * Decides at the door, before a body is read. While the event loop turns quickly and no route is limited, a decision is a
 * few comparisons and allocates nothing.
 */
export class Admission {
  readonly #clock: Clock
  #backlogMs = 0
  #maxConcurrent = Number.POSITIVE_INFINITY
  readonly #loop: LoopWatch
  readonly #load: LoopLoad
  readonly #turns = new TurnLimit()
  readonly #queue: WorkQueue
  readonly #pace: StartPace
  readonly #newcomers: Newcomers
  #inFlight = 0
  #begunCount = 0
  /** Monotonic milliseconds; -1 before the first request. */
  #warmAtMs = -1
  readonly #askBoundMs = (): number => this.#backlogMs

  /** @throws KEELSON_ADMISSION_OPTIONS_INVALID */
  constructor(options: AdmissionOptions = {}) {
    checkAdmissionOptions(options)
    const { clock = systemClock, defer = realSetImmediate, busyMs = loopBusyMs } = options
    this.#clock = clock
    this.#setBounds(options)
    // Whoever waits when the bound is taken away is started, not refused.
    const boundMs = (): number => this.#backlogMs || Number.POSITIVE_INFINITY
    this.#pace = new StartPace({ costMs: () => this.#load.costMs, boundMs })
    this.#queue = new WorkQueue({
      clock,
      defer,
      boundMs,
      pace: this.#pace,
      isCold: (nowMs) => this.#begunCount < warmUpCount && nowMs < this.#warmAtMs,
      mayStart: () =>
        this.#backlogMs === 0 || (this.#newcomers.size === 0 && this.#turns.allows(this.#inFlight)),
    })
    this.#newcomers = new Newcomers({ clock, defer, onEmpty: () => this.#queue.wake() })
    this.#load = new LoopLoad(busyMs)
    this.#loop = new LoopWatch({
      clock,
      onInterval: (shortestMs) => {
        this.#load.measure(clock.monotonic(), this.#begunCount)
        this.#turns.adapt(shortestMs, this.#inFlight)
        this.#queue.wake()
      },
    })
  }

  /**
   * Changes the bounds while requests come: what is left out has its default again.
   *
   * @throws KEELSON_ADMISSION_OPTIONS_INVALID, and the bounds stay as they were
   */
  update(bounds: AdmissionBounds): void {
    checkAdmissionOptions(bounds)
    this.#setBounds(bounds)
    this.#queue.wake()
  }

  /** Requests that were started and have not ended. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#queue.size + this.#newcomers.size
  }

  /**
   * Whether connections may be waiting in the kernel for longer than anybody sees: only then it matters which requests are the
   * first of theirs.
   */
  get isSaturated(): boolean {
    return this.#load.isSaturated
  }

  /** What is known of one route; made once for each. */
  route(): RouteLimit {
    return new RouteLimit(this.#askBoundMs)
  }

  /**
   * Decides over a request.
   *
   * @param isFirst whether it is the first of its connection, which needs to be known only while {@link Admission.isSaturated}
   */
  admit(arrival: Arrival, route: RouteLimit, isFirst = false): Verdict {
    const { criticality, deadline } = arrival
    if (deadline !== undefined && this.#isTooLate(arrival, route, this.#queue.waitMs(criticality))) {
      return deadlinePassed
    }
    if (this.#isFull(criticality, route)) return limitReached
    if (this.#backlogMs === 0) return undefined
    if (this.#warmAtMs < 0) this.#warmAtMs = arrival.startedAtMs + warmUpMs
    const isLongTurn = this.#loop.ageMs(arrival.startedAtMs) >= longTurnMs
    if (isFirst) return 'later'
    const mayStart =
      !isLongTurn &&
      this.#queue.size === 0 &&
      this.#pace.waitMs(arrival.startedAtMs) === 0 &&
      this.#turns.allows(this.#inFlight)
    if (mayStart) return undefined
    return this.#queue.fits(criticality, arrival.startedAtMs) ? 'later' : backlogReached
  }

  /**
   * Lets a request wait for its turn.
   *
   * @param isFirst as {@link Admission.admit} was told
   */
  queue(arrival: Arrival, route: RouteLimit, applicant: Applicant, isFirst = false): void {
    if (isFirst) this.#newcomers.add(() => this.#enter(arrival, route, applicant))
    else this.#line(arrival, route, applicant)
  }

  #enter(arrival: Arrival, route: RouteLimit, applicant: Applicant): void {
    if (applicant.isGone()) return
    const verdict = this.admit(arrival, route)
    if (verdict === undefined || verdict === 'later') this.#line(arrival, route, applicant)
    else applicant.refuse(verdict)
  }

  #line(arrival: Arrival, route: RouteLimit, applicant: Applicant): void {
    this.#queue.add({
      criticality: arrival.criticality,
      sinceMs: arrival.startedAtMs,
      take: (waitedMs) => this.#take(waitedMs, arrival, route, applicant),
      expire() {
        if (!applicant.isGone()) applicant.refuse(backlogReached)
      },
    })
  }

  /** A request is started. */
  begin(route: RouteLimit): void {
    this.#inFlight += 1
    this.#begunCount += 1
    this.#pace.charge()
    route.begin()
  }

  /**
   * A request that was started has ended.
   *
   * @param isSample see {@link RouteLimit.end}
   */
  end(route: RouteLimit, nowMs: number, durationMs: number, isSample: boolean): void {
    this.#inFlight -= 1
    route.end(nowMs, durationMs, isSample)
    this.#queue.wake()
  }

  #setBounds({ backlogMs = admissionDefaults.backlogMs, maxConcurrent }: AdmissionBounds): void {
    this.#backlogMs = backlogMs
    this.#maxConcurrent = maxConcurrent ?? Number.POSITIVE_INFINITY
  }

  #take(waitedMs: number, arrival: Arrival, route: RouteLimit, applicant: Applicant): boolean {
    if (applicant.isGone()) return false
    const refusal = this.#refusalAtLast(arrival, route)
    if (refusal === undefined) applicant.start(waitedMs)
    else applicant.refuse(refusal)
    return refusal === undefined
  }

  #refusalAtLast(arrival: Arrival, route: RouteLimit): Refusal | undefined {
    if (arrival.deadline !== undefined && this.#isTooLate(arrival, route, 0)) return deadlinePassed
    return this.#isFull(arrival.criticality, route) ? limitReached : undefined
  }

  /** Whether it cannot be done by the time at which its caller gives up. */
  #isTooLate({ deadline = 0, startedAtMs }: Arrival, route: RouteLimit, waitMs: number): boolean {
    const remainingMs = deadline - this.#clock.now()
    return remainingMs <= 0 || remainingMs < route.leastMs(startedAtMs) + waitMs
  }

  #isFull(criticality: Criticality | undefined, route: RouteLimit): boolean {
    return !route.allows(criticality) || this.#inFlight >= this.#maxConcurrent * shareOf(criticality)
  }
}
