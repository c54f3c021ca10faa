import { breakerDefaults, type BreakerPolicy } from './breaker-policy.ts'
import { type BulkheadPolicy, bulkheadDefaults } from './bulkhead.ts'
import { hedgeDefaults, type HedgePolicy } from './hedge.ts'
import { type RetryPolicy, retryDefaults } from './retry.ts'
import { type RetryBudgetPolicy, retryBudgetDefaults } from './retry-budget.ts'

/**
 * What kind of neighbour a dependency is: a service of the same system, one of somebody else, or one called by jobs that
 * nobody waits for.
 */
export type Profile = 'internal' | 'external' | 'batch'

/** Retries of a dependency together with their budget. */
export interface RetryLayerPolicy extends RetryPolicy {
  /** Bound of all retries together; `false` for none. */
  readonly budget?: RetryBudgetPolicy | false
}

/** How calls to one dependency are bounded and protected. Each layer can be switched off with `false`. */
export interface Policy {
  /**
   * Time in milliseconds for a whole call, retries included. The deadline of the request that the call is made for
   * bounds it too.
   *
   * @range 1 to 3,600,000
   * @defaultValue 3,000; `external` 10,000, `batch` 60,000
   */
  readonly timeoutMs?: number | false
  /**
   * Time in milliseconds for one attempt.
   *
   * @range 1 to 3,600,000
   * @defaultValue 1,000; `external` 5,000, `batch` 20,000
   */
  readonly attemptTimeoutMs?: number | false
  readonly bulkhead?: BulkheadPolicy | false
  readonly retry?: RetryLayerPolicy | false
  readonly breaker?: BreakerPolicy | false
  /** Second attempts of slow reads. @defaultValue false */
  readonly hedge?: HedgePolicy | false
}

/** A {@link Policy} in which nothing is left open. */
export interface ResolvedPolicy {
  readonly timeoutMs: number | false
  readonly attemptTimeoutMs: number | false
  readonly bulkhead: Required<BulkheadPolicy> | false
  readonly retry: (Required<RetryPolicy> & { readonly budget: Required<RetryBudgetPolicy> | false }) | false
  readonly breaker: Required<BreakerPolicy> | false
  readonly hedge: Required<HedgePolicy> | false
}

/** The policy of each profile, before a dependency's own options. */
export const profiles: Readonly<Record<Profile, ResolvedPolicy>> = Object.freeze({
  internal: profile(3_000, 1_000, 0),
  external: profile(10_000, 5_000, 0),
  batch: profile(60_000, 20_000, 1_000),
})

/** Fills up a policy from its profile, layer by layer. */
export function resolvePolicy(name: Profile, own: Policy): ResolvedPolicy {
  const base = profiles[name]
  const retry = layer<RetryLayerPolicy, Exclude<ResolvedPolicy['retry'], false>>(base.retry, own.retry)
  const budget = layer<RetryBudgetPolicy, Required<RetryBudgetPolicy>>(
    base.retry === false ? false : base.retry.budget,
    own.retry === false ? false : own.retry?.budget,
  )
  return {
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    attemptTimeoutMs: own.attemptTimeoutMs ?? base.attemptTimeoutMs,
    bulkhead: layer(base.bulkhead, own.bulkhead),
    retry: retry === false ? false : { ...retry, budget },
    breaker: breakerOf(base.breaker, own.breaker),
    hedge: layer(own.hedge === undefined ? base.hedge : hedgeDefaults, own.hedge),
  }
}

function profile(timeoutMs: number, attemptTimeoutMs: number, maxQueue: number): ResolvedPolicy {
  return Object.freeze({
    timeoutMs,
    attemptTimeoutMs,
    bulkhead: Object.freeze({ ...bulkheadDefaults, maxQueue }),
    retry: Object.freeze({ ...retryDefaults, budget: retryBudgetDefaults }),
    breaker: breakerDefaults,
    hedge: false,
  })
}

function breakerOf(
  base: Required<BreakerPolicy> | false,
  own: BreakerPolicy | false | undefined,
): Required<BreakerPolicy> | false {
  const full = layer(base, own)
  if (full === false || own === false || own?.maxBreakMs !== undefined) return full
  return { ...full, maxBreakMs: Math.max(full.maxBreakMs, full.breakMs) }
}

function layer<Own extends object, Full extends Own>(
  base: Full | false,
  own: Own | false | undefined,
): Full | false {
  if (own === false || base === false) return false
  const set = Object.entries(own ?? {}).filter(([, value]) => value !== undefined)
  return { ...base, ...Object.fromEntries(set) }
}
