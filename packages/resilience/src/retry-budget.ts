import { type Clock, systemClock } from '@keelson/core/clock'
import { checkOptions, optionRules } from '@keelson/core/errors'

/** How many retries may be made in relation to the calls. */
export interface RetryBudgetPolicy {
  /**
   * Retries earned by each call.
   *
   * @range 0 to 1
   * @defaultValue 0.1 — Google SRE 10 %, AWS SDK 7 %; 20 % at two layers kept a system from recovering (simulated 2026-11)
   */
  readonly depositRatio?: number
  /**
   * Retries earned by each second that passes, so that a service with few calls may retry at all.
   *
   * @range 0 to 1,000
   * @defaultValue 1
   */
  readonly depositPerSecond?: number
  /**
   * Retries that can be saved up; the budget starts full.
   *
   * @range 0 to 100,000
   * @defaultValue 10
   */
  readonly maxTokens?: number
}

/** The numbers of a retry budget for which nothing else is said. */
export const retryBudgetDefaults: Required<RetryBudgetPolicy> = Object.freeze({
  depositRatio: 0.1,
  depositPerSecond: 1,
  maxTokens: 10,
})

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions extends RetryBudgetPolicy {
  /** @defaultValue the clock of the process */
  readonly clock?: Clock
}

/** A store of retries, shared by all calls to one dependency. */
export interface RetryBudget {
  /** Retries that could be made now, with fractions. */
  readonly tokens: number
  /** Credits one call; once per call, not per attempt. */
  deposit(): void
  /** Takes one retry out. Gives false, and takes nothing, when there is none left. */
  withdraw(): boolean
  /**
   * Takes other numbers from now on; what is saved up stays, as far as it fits.
   *
   * @param policy what is left out has its default
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  update(policy: RetryBudgetPolicy): void
}

/**
 * Makes a token bucket that bounds how much load retries may add to a dependency that fails.
 *
 * @throws KEELSON_RESILIENCE_OPTIONS_INVALID
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  const { clock = systemClock, ...own } = options
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'retryBudget', options, {
    ...budgetRules,
    clock: optionRules.object,
  })
  let policy = { ...retryBudgetDefaults, ...own }
  let tokens = policy.maxTokens
  let filledAt = clock.monotonic()
  const fill = (earned: number) => {
    const now = clock.monotonic()
    const passed = ((now - filledAt) / 1_000) * policy.depositPerSecond
    tokens = Math.min(policy.maxTokens, tokens + earned + passed)
    filledAt = now
  }
  return {
    get tokens() {
      fill(0)
      return tokens
    },
    deposit: () => fill(policy.depositRatio),
    withdraw() {
      fill(0)
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    update(next) {
      checkBudgetPolicy(next)
      fill(0)
      policy = { ...retryBudgetDefaults, ...next }
    },
  }
}

/** @throws KEELSON_RESILIENCE_OPTIONS_INVALID */
export function checkBudgetPolicy(policy: RetryBudgetPolicy): void {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'retryBudget', policy, budgetRules)
}

const budgetRules = {
  depositRatio: optionRules.number({ min: 0, max: 1 }),
  depositPerSecond: optionRules.number({ min: 0, max: 1_000 }),
  maxTokens: optionRules.number({ min: 0, max: 100_000 }),
}
