export type { Attempt } from './attempt.ts'
export {
  checkEndpointPolicy,
  createBalancer,
  type Balancer,
  type BalancerOptions,
  type EndpointLease,
  type EndpointState,
  type PickLimits,
} from './balancer.ts'
export { bulkheadDefaults, type BulkheadPolicy } from './bulkhead.ts'
export { breakerDefaults, type BreakerPolicy } from './breaker-policy.ts'
export { circuitBreaker } from './circuit-breaker.ts'
export type {
  BreakerOutcome,
  CircuitBreaker,
  CircuitBreakerOptions,
  ForceOptions,
} from './circuit-breaker-types.ts'
export { classifyError, type Classification } from './classification.ts'
export { endpointDefaults, type EndpointCondition, type EndpointPolicy } from './endpoint.ts'
export { hedgeDefaults, type HedgePolicy } from './hedge.ts'
export { resilienceErrors, type ResilienceErrorCode } from './errors.ts'
export { checkPolicy } from './layers.ts'
export { createPipeline } from './pipeline.ts'
export type { Pipeline, PipelineCall, PipelineOptions, PipelineState } from './pipeline-types.ts'
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
