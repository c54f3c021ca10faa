import { channel, type ClientHedge } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import { checkOptions, optionRules } from '@keelson/core/errors'
import { startAttemptTimer } from './attempt-timer.ts'
import type { Classification } from './classification.ts'
import { HedgeCredit } from './hedge-credit.ts'
import { RecentDurations } from './recent-durations.ts'
import { RecentOverruns } from './recent-overruns.ts'
import { type RetryBudget, type RetryBudgetPolicy, retryBudget } from './retry-budget.ts'

/** How slow reads are asked for a second time, elsewhere, while the first answer is still awaited. */
export interface HedgePolicy {
  /**
   * Second attempts at most, as a share of the calls.
   *
   * @range above 0, up to 0.2
   * @defaultValue 0.05 — without a budget a healthy system collapsed (simulated 2026-11: half of the answers, 5 attempts per call)
   */
  readonly maxRatio?: number
  /**
   * Share of the first attempts that are faster than the wait before a second one.
   *
   * @range 0.5 to 0.999
   * @defaultValue 0.95 — with 0.96 and a budget of 5 % the wait comes too close to a tail of 4 % (simulated 2026-11)
   */
  readonly quantile?: number
}

/** The numbers of hedging, once it is asked for. It is off by default: at 90 % load it costs more than it gains. */
export const hedgeDefaults: Required<HedgePolicy> = Object.freeze({ maxRatio: 0.05, quantile: 0.95 })

/** Second attempts that can be saved up. */
const maxTokens = 5

/** Time without second attempts once there is no room for more load, in milliseconds. */
const pauseMs = 10_000

/** One attempt of two, under way. */
export interface HedgedAttempt<T> {
  readonly result: Promise<T>
  /** Ends it without a trace: the other one was faster. */
  readonly cancel: () => void
}

/** What hedges of one dependency are published under, and what they need. */
export interface HedgeOptions {
  readonly service: string
  readonly dependency: string
  readonly policy: Required<HedgePolicy>
  readonly clock: Clock
}

/** @throws KEELSON_RESILIENCE_OPTIONS_INVALID */
export function checkHedgePolicy(policy: HedgePolicy): void {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'hedge', policy, {
    maxRatio: optionRules.number({ above: 0, max: 0.2 }),
    quantile: optionRules.number({ min: 0.5, max: 0.999 }),
  })
}

const hedged = channel('keelson.client.hedge')

/** Makes second attempts of one dependency, and knows when they are worth it. */
export class Hedge {
  readonly #options: HedgeOptions
  readonly #budget: RetryBudget
  #durations: RecentDurations
  #overruns: RecentOverruns
  #quantile: number
  readonly #credit = new HedgeCredit()
  #pausedUntil = -Infinity

  constructor(options: HedgeOptions) {
    const { policy, clock } = options
    this.#options = options
    this.#quantile = policy.quantile
    this.#durations = new RecentDurations(policy.quantile)
    this.#overruns = new RecentOverruns(policy.quantile)
    this.#budget = retryBudget({ ...budgetOf(policy), clock })
  }

  /** Takes other numbers from now on. */
  update(policy: Required<HedgePolicy>): void {
    this.#budget.update(budgetOf(policy))
    if (policy.quantile === this.#quantile) return
    this.#quantile = policy.quantile
    this.#durations = new RecentDurations(policy.quantile)
    this.#overruns = new RecentOverruns(policy.quantile)
  }

  /** Makes no second attempts for 10 s: there is no room for more load, here or there. */
  pause(): void {
    this.#pausedUntil = this.#options.clock.monotonic() + pauseMs
  }

  /**
   * Learns from an attempt that ended.
   *
   * @param mayHaveSecond whether a second attempt was made beside it, or would have been had it taken longer. Nothing else says how long
   * to wait: writes take longer than reads, and of second attempts only the fast ones come to their end
   */
  record({ outcome, breaker }: Classification, durationMs: number, mayHaveSecond: boolean): void {
    if (outcome === 'rejected' && breaker === 'neutral') this.pause()
    if (!mayHaveSecond) return
    // One that was given up later than the wait would have taken longer still. Left out, the slow ones would be missing, the wait
    // would shrink, and the budget would go to calls that end a moment later.
    const waitMs = this.#durations.value
    if (outcome === 'success' || (waitMs !== undefined && durationMs > waitMs))
      this.#durations.add(durationMs)
  }

  /**
   * Makes one attempt, and a second when the first takes longer than most. The first success counts; when both fail, the
   * later failure does.
   *
   * @param begin makes an attempt; told whether it is the second
   */
  run<T>(begin: (isSecond: boolean) => HedgedAttempt<T>): Promise<T> {
    const { clock } = this.#options
    this.#budget.deposit()
    const waitMs = this.#durations.value
    const first = begin(false)
    if (waitMs === undefined) return first.result
    return new Promise((resolve, reject) => {
      const race = new Race(first, { resolve, reject })
      let overran = false
      // After a stall of this process it reads the answers that have come before it asks for others.
      const timer = startAttemptTimer(clock, waitMs, () => {
        overran = true
        this.#overruns.add(true)
        if (this.#mayBegin()) race.join(begin(true), (result) => this.#ended(result))
      })
      race.begin(() => {
        timer.cancel()
        if (!overran) this.#overruns.add(false)
      })
    })
  }

  #mayBegin(): boolean {
    // Not one slow answer among others but a queue: seen at once, and not when the credit has been spent on it.
    if (this.#paused || this.#overruns.areTooMany) return false
    const isPaid = this.#budget.withdraw()
    if (!isPaid) this.#publish('denied')
    return isPaid
  }

  get #paused(): boolean {
    return this.#options.clock.monotonic() < this.#pausedUntil
  }

  #ended(result: RaceResult): void {
    this.#publish(result)
    if (result === 'won') this.#credit.gain()
    else if (this.#credit.spend()) this.pause()
  }

  #publish(result: ClientHedge['result']): void {
    const { service, dependency } = this.#options
    if (hedged.hasSubscribers) hedged.publish({ service, dependency, result })
  }
}

function budgetOf({ maxRatio }: Required<HedgePolicy>): RetryBudgetPolicy {
  return { depositRatio: maxRatio, depositPerSecond: 0, maxTokens }
}

/** Which of two attempts was the faster. */
type RaceResult = Exclude<ClientHedge['result'], 'denied'>

/** Two attempts of which the first success counts. */
class Race<T> {
  readonly #first: HedgedAttempt<T>
  readonly #settle: { readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void }
  #runningCount = 1
  #second: HedgedAttempt<T> | undefined
  #tell: (result: RaceResult) => void = () => {}

  constructor(
    first: HedgedAttempt<T>,
    settle: { readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void },
  ) {
    this.#first = first
    this.#settle = settle
  }

  /** @param stop ends the wait for the first attempt: one that ends in time leaves nothing to hedge, one that fails is for the retry */
  begin(stop: () => void): void {
    this.#first.result.then(stop, stop)
    this.#watch(this.#first)
  }

  join(second: HedgedAttempt<T>, tell: (result: RaceResult) => void): void {
    this.#tell = tell
    this.#second = second
    this.#runningCount += 1
    this.#watch(second)
  }

  #watch(attempt: HedgedAttempt<T>): void {
    attempt.result.then(
      (value) => this.#won(attempt, value),
      (error: unknown) => this.#lost(error),
    )
  }

  #won(attempt: HedgedAttempt<T>, value: T): void {
    this.#settle.resolve(value)
    if (this.#second === undefined || this.#runningCount === 0) return
    this.#runningCount = 0
    this.#tell(attempt === this.#second ? 'won' : 'lost')
    if (attempt === this.#second) this.#first.cancel()
    else this.#second.cancel()
  }

  #lost(error: unknown): void {
    this.#runningCount -= 1
    if (this.#runningCount !== 0) return
    this.#settle.reject(error)
    if (this.#second !== undefined) this.#tell('failed')
  }
}
