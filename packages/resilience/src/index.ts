export type { Attempt } from './attempt.ts'
export {
  createBalancer,
  type Balancer,
  type BalancerOptions,
  type EndpointLease,
  type EndpointState,
  type PickLimits,
} from './balancer.ts'
export { bulkheadDefaults, type BulkheadPolicy } from './bulkhead.ts'
export {
  breakerDefaults,
  circuitBreaker,
  type BreakerOutcome,
  type BreakerPolicy,
  type CircuitBreaker,
  type CircuitBreakerOptions,
} from './circuit-breaker.ts'
export { classifyError, type Classification } from './classification.ts'
export { endpointDefaults, type EndpointCondition, type EndpointPolicy } from './endpoint.ts'
export { hedgeDefaults, type HedgePolicy } from './hedge.ts'
export { resilienceErrors, type ResilienceErrorCode } from './errors.ts'
export {
  createPipeline,
  type Pipeline,
  type PipelineCall,
  type PipelineOptions,
  type PipelineState,
} from './pipeline.ts'
export {
  profiles,
  type Policy,
  type Profile,
  type ResolvedPolicy,
  type RetryLayerPolicy,
} from './profiles.ts'
export {
  retryBudget,
  retryBudgetDefaults,
  type RetryBudget,
  type RetryBudgetOptions,
  type RetryBudgetPolicy,
} from './retry-budget.ts'
export {
  retry,
  retryDefaults,
  type RetryOptions,
  type RetryPolicy,
  type RetryResult,
  type RetryVerdict,
} from './retry.ts'
export type { WindowCounts } from './rolling-window.ts'
