import type { Clock } from '@keelson/core/clock'
import { checkOptions, type OptionRule, optionRules } from '@keelson/core/errors'
import { BreakerGroups } from './breaker-groups.ts'
import { checkBreakerPolicy } from './breaker-policy.ts'
import { Bulkhead, checkBulkheadPolicy } from './bulkhead.ts'
import { checkHedgePolicy, Hedge } from './hedge.ts'
import { type Policy, type Profile, type ResolvedPolicy, resolvePolicy } from './profiles.ts'
import { checkRetryPolicy } from './retry.ts'
import { checkBudgetPolicy, type RetryBudget, retryBudget } from './retry-budget.ts'

/** What the layers of one dependency have in common. */
export interface LayersOptions {
  readonly service: string
  readonly dependency: string
  readonly clock: Clock
  readonly random: () => number
}

const code = 'KEELSON_RESILIENCE_OPTIONS_INVALID'
const durationRule = optionRules.number({ min: 1, max: 3_600_000 })

/** Options of a pipeline that are its policy. */
export const policyRules: { readonly [Name in keyof Required<Policy>]: OptionRule } = {
  timeoutMs: orFalse(durationRule),
  attemptTimeoutMs: orFalse(durationRule),
  bulkhead: orFalse(optionRules.object),
  retry: orFalse(optionRules.object),
  breaker: orFalse(optionRules.object),
  hedge: orFalse(optionRules.object),
}

/**
 * Checks a policy, layer by layer, and does nothing else.
 *
 * @param profile gives what the policy leaves out
 * @returns the whole policy
 * @throws KEELSON_RESILIENCE_OPTIONS_INVALID; `details.path` names the number
 */
export function checkPolicy(profile: Profile, policy: Policy): ResolvedPolicy {
  checkOptions(code, 'createPipeline', policy, policyRules)
  const resolved = resolvePolicy(profile, policy)
  const { bulkhead, retry, breaker, hedge } = resolved
  if (bulkhead !== false) checkBulkheadPolicy(bulkhead)
  if (breaker !== false) checkBreakerPolicy(breaker)
  if (hedge !== false) checkHedgePolicy(hedge)
  if (retry === false) return resolved
  const { budget, ...numbers } = retry
  checkRetryPolicy(numbers)
  if (budget !== false) checkBudgetPolicy(budget)
  return resolved
}

/**
 * The layers around the calls to one dependency, and what they remember: places taken, retries saved up, states of breakers,
 * durations. All of that outlives a change of the policy.
 */
export class Layers {
  readonly bulkhead: Bulkhead
  readonly breakers: BreakerGroups
  policy: ResolvedPolicy
  readonly #options: LayersOptions
  readonly #budget: RetryBudget
  #hedge: Hedge | undefined

  /** @param policy checked */
  constructor(policy: ResolvedPolicy, options: LayersOptions) {
    this.#options = options
    this.policy = policy
    this.bulkhead = new Bulkhead(policy.bulkhead, options.clock)
    this.breakers = new BreakerGroups(policy.breaker, options)
    this.#budget = retryBudget({ ...budgetOf(policy), clock: options.clock })
    this.#hedge = this.#createHedge()
  }

  /** Bound of the retries; `undefined` without one. */
  get budget(): RetryBudget | undefined {
    const { retry } = this.policy
    return retry === false || retry.budget === false ? undefined : this.#budget
  }

  /** `undefined` without hedging. */
  get hedge(): Hedge | undefined {
    return this.#hedge
  }

  /** @param policy checked */
  update(policy: ResolvedPolicy): void {
    this.policy = policy
    this.bulkhead.update(policy.bulkhead)
    this.breakers.update(policy.breaker)
    this.#budget.update(budgetOf(policy) ?? {})
    if (policy.hedge !== false && this.#hedge !== undefined) this.#hedge.update(policy.hedge)
    else this.#hedge = this.#createHedge()
  }

  #createHedge(): Hedge | undefined {
    const { service, dependency, clock } = this.#options
    const { hedge } = this.policy
    return hedge === false ? undefined : new Hedge({ service, dependency, clock, policy: hedge })
  }
}

function budgetOf({ retry }: ResolvedPolicy) {
  return retry === false || retry.budget === false ? undefined : retry.budget
}

function orFalse(rule: OptionRule): OptionRule {
  return (value) => {
    if (value === false) return undefined
    const accepted = rule(value)
    return accepted === undefined ? undefined : `${accepted}, or false`
  }
}
