import type { BreakerState } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import type { Attempt } from './attempt.ts'
import type { ForceOptions } from './circuit-breaker-types.ts'
import type { Classification } from './classification.ts'
import type { Policy, Profile } from './profiles.ts'

/** Options of `createPipeline`. */
export interface PipelineOptions extends Policy {
  /** Name of the service that calls; part of every published fact. */
  readonly service: string
  /** Name of what is called; part of every published fact. */
  readonly dependency: string
  /** @defaultValue `internal` */
  readonly profile?: Profile
  /** What the error of a failed attempt means. @defaultValue `classifyError` */
  readonly classify?: (error: unknown) => Classification
  /** @defaultValue the clock of the process */
  readonly clock?: Clock
  /** Source of jitter, 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number
}

/** What one call of a pipeline may bring along. */
export interface PipelineCall<Fallback = never> {
  /** Whether the call may be made again although it may have arrived. @defaultValue false */
  readonly idempotent?: boolean
  /** Whether a slow attempt may be joined by a second one, where the policy has hedging: reads only. @defaultValue false */
  readonly hedgeable?: boolean
  /** Ends the call. The signal of the request that is being handled ends it too. */
  readonly signal?: AbortSignal | undefined
  /** Time for this whole call in milliseconds, in place of the policy's. */
  readonly timeoutMs?: number | undefined
  /** Group of operations whose breaker it is made under: one of a few names that the code knows. @defaultValue that of all others */
  readonly operation?: string | undefined
  /** Gives the result of a call that failed or was refused, in place of its error. Not asked when the call was cancelled. */
  readonly fallback?: ((error: unknown) => Fallback | Promise<Fallback>) | undefined
}

/** What a pipeline is doing. */
export interface PipelineState {
  /** That of every operation without a group of its own; `undefined` without a breaker. */
  readonly breaker: BreakerState | undefined
  /**
   * Share of the calls of {@link breaker} that are let through, 0 to 1: 1 while closed, in between on the ramp after an outage;
   * `undefined` without a breaker.
   */
  readonly admittedRatio: number | undefined
  /** Whether the breakers are isolated (`open`) or held closed; `undefined` while they decide themselves. */
  readonly forced: 'open' | 'closed' | undefined
  /** Those of the operation groups that have been called. */
  readonly groups: Readonly<Record<string, BreakerState>>
  /** Calls that have not ended, the waiting ones included. */
  readonly inFlight: number
  /** Calls that wait for a place in the bulkhead. */
  readonly queued: number
  /** Retries that could be made now; `undefined` without a budget. */
  readonly retryTokens: number | undefined
}

/** The layers around the calls to one dependency. */
export interface Pipeline {
  /**
   * Makes a call: deadline and cancellation → fallback → bulkhead → retry or hedge with budget → breaker → attempt timer → operation.
   * Deadline and signal of the request being handled (`currentContext()`) bound it. An attempt for which less time is left
   * than the fastest of the last seconds took is not made.
   *
   * @param operation one attempt
   * @throws what the last attempt threw; KEELSON_RESILIENCE_CIRCUIT_OPEN, KEELSON_RESILIENCE_BULKHEAD_FULL,
   * KEELSON_RESILIENCE_TIMEOUT, KEELSON_RESILIENCE_DEADLINE_EXCEEDED, KEELSON_RESILIENCE_CANCELLED, KEELSON_RESILIENCE_CLOSED
   */
  run<T, Fallback = never>(
    operation: (attempt: Attempt) => Promise<T>,
    call?: PipelineCall<Fallback>,
  ): Promise<T | Fallback>
  /**
   * {@link Pipeline.run}, but calls of one key that come while it is under way wait for the same operation. Each of them has its
   * own deadline, signal and fallback; the operation is cancelled when all of them have gone. For idempotent reads.
   *
   * @param key what makes two calls the same: everything that the answer depends on
   * @param receive makes each caller's own result of what they share
   */
  runShared<Shared, T, Fallback = never>(
    key: string,
    operation: (attempt: Attempt) => Promise<Shared>,
    receive: (shared: Shared) => T | Promise<T>,
    call?: PipelineCall<Fallback>,
  ): Promise<T | Fallback>
  /**
   * Takes another policy from now on, as a whole. Calls under way go on by the numbers that they began with; the states of the
   * breakers, places taken and saved retries stay.
   *
   * @param policy what is left out follows from the profile
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  update(policy: Policy): void
  state(): PipelineState
  /**
   * Refuses every call, or has its fallback answer, until {@link release} or for `forMs`.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  isolate(options?: ForceOptions): Promise<void>
  /**
   * Keeps the breaker closed, whatever fails, until {@link release} or for `forMs`. The other layers go on.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  holdClosed(options?: ForceOptions): Promise<void>
  /** Lets the breaker decide again. */
  release(): Promise<void>
  /** Refuses further calls; those in flight go on to their end. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
