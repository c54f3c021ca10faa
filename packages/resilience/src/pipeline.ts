import { type BreakerState, channel } from '@keelson/core/channels'
import { type Clock, systemClock } from '@keelson/core/clock'
import { currentContext } from '@keelson/core/context'
import { checkOptions, KeelsonError, type OptionRule, optionRules } from '@keelson/core/errors'
import { type Attempt, LimitedAttempt } from './attempt.ts'
import { Bulkhead } from './bulkhead.ts'
import { CallScope } from './call-scope.ts'
import { CallTally, outcomeOf, succeeded, unclassified } from './call-tally.ts'
import { type CircuitBreaker, circuitBreaker, circuitOpenError } from './circuit-breaker.ts'
import { type Classification, classifyError } from './classification.ts'
import { checkHedgePolicy, Hedge } from './hedge.ts'
import { LeastDuration } from './least-duration.ts'
import { type Policy, type Profile, type ResolvedPolicy, resolvePolicy } from './profiles.ts'
import { checkRetryPolicy, type RetrySettings, retryWithin } from './retry.ts'
import { type RetryBudget, retryBudget } from './retry-budget.ts'

/** Options of {@link createPipeline}. */
export interface PipelineOptions extends Policy {
  /** Name of the service that calls; part of every published fact. */
  readonly service: string
  /** Name of what is called; part of every published fact. */
  readonly dependency: string
  /** @defaultValue `internal` */
  readonly profile?: Profile
  /** What the error of a failed attempt means. @defaultValue {@link classifyError} */
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
  /** Gives the result of a call that failed or was refused, in place of its error. Not asked when the call was cancelled. */
  readonly fallback?: ((error: unknown) => Fallback | Promise<Fallback>) | undefined
}

/** What a pipeline is doing. */
export interface PipelineState {
  /** `undefined` without a breaker. */
  readonly breaker: BreakerState | undefined
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
   * @param operation one attempt; must not throw synchronously
   * @throws what the last attempt threw; KEELSON_RESILIENCE_CIRCUIT_OPEN, KEELSON_RESILIENCE_BULKHEAD_FULL,
   * KEELSON_RESILIENCE_TIMEOUT, KEELSON_RESILIENCE_DEADLINE_EXCEEDED, KEELSON_RESILIENCE_CANCELLED, KEELSON_RESILIENCE_CLOSED
   */
  run<T, Fallback = never>(
    operation: (attempt: Attempt) => Promise<T>,
    call?: PipelineCall<Fallback>,
  ): Promise<T | Fallback>
  state(): PipelineState
  /** Refuses every call until {@link release}. */
  isolate(): Promise<void>
  /** Ends the isolation. */
  release(): Promise<void>
  /** Refuses further calls; those in flight go on to their end. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Time in milliseconds kept back of an inherited deadline for the caller's own answer. */
const reserveMs = 10

/**
 * Makes the pipeline of one dependency. Publishes `keelson.client.call`, `.attempt`, `.retry` and `.hedge`, and by its breaker
 * `keelson.breaker.changed`.
 *
 * @throws KEELSON_RESILIENCE_OPTIONS_INVALID
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'createPipeline', options, {
    service: optionRules.string,
    dependency: optionRules.string,
    profile: optionRules.oneOf('internal', 'external', 'batch'),
    timeoutMs: orFalse(durationRule),
    attemptTimeoutMs: orFalse(durationRule),
    bulkhead: orFalse(optionRules.object),
    retry: orFalse(optionRules.object),
    breaker: orFalse(optionRules.object),
    hedge: orFalse(optionRules.object),
    classify: optionRules.function,
    clock: optionRules.object,
    random: optionRules.function,
  })
  return new LayeredPipeline(options)
}

const durationRule = optionRules.number({ min: 1, max: 3_600_000 })
const callEnded = channel('keelson.client.call')
const attemptEnded = channel('keelson.client.attempt')
const retryDecided = channel('keelson.client.retry')

class LayeredPipeline implements Pipeline {
  readonly #service: string
  readonly #dependency: string
  readonly #clock: Clock
  readonly #random: () => number
  readonly #classify: (error: unknown) => Classification
  readonly #policy: ResolvedPolicy
  readonly #bulkhead: Bulkhead | undefined
  readonly #budget: RetryBudget | undefined
  readonly #breakerLoaded: Promise<CircuitBreaker | undefined>
  readonly #hedge: Hedge | undefined
  readonly #least = new LeastDuration()
  #breaker: CircuitBreaker | undefined
  #inFlight = 0
  #closed = false

  constructor(options: PipelineOptions) {
    const { service, dependency, clock = systemClock, random = Math.random } = options
    const policy = resolvePolicy(options.profile ?? 'internal', options)
    this.#service = service
    this.#dependency = dependency
    this.#clock = clock
    this.#random = random
    this.#classify = options.classify ?? classifyError
    this.#policy = policy
    this.#bulkhead = policy.bulkhead === false ? undefined : new Bulkhead(policy.bulkhead, clock)
    this.#budget = createBudget(policy, clock)
    this.#hedge = createHedge(policy, { service, dependency, clock })
    this.#breakerLoaded = this.#keep(
      policy.breaker === false
        ? undefined
        : circuitBreaker({ ...policy.breaker, service, dependency, clock, random }),
    )
    // A breaker that cannot be loaded fails the calls, which wait for it, and not the process.
    this.#breakerLoaded.catch(() => undefined)
  }

  async run<T, Fallback = never>(
    operation: (attempt: Attempt) => Promise<T>,
    call: PipelineCall<Fallback> = {},
  ): Promise<T | Fallback> {
    const startedAt = this.#clock.monotonic()
    const tally = new CallTally()
    const scope = this.#openScope(call, startedAt)
    this.#inFlight += 1
    try {
      return await this.#guard(scope, tally, operation, call)
    } catch (error) {
      if (tally.attemptCount === 0) tally.outcome = outcomeOf(error)
      else if (scope.cancelled !== undefined) tally.outcome = 'cancelled'
      if (call.fallback === undefined || scope.cancelled !== undefined) throw error
      const value = await call.fallback(error)
      tally.outcome = 'fallback'
      return value
    } finally {
      this.#inFlight -= 1
      scope.dispose()
      this.#publishCall(tally, startedAt)
    }
  }

  state(): PipelineState {
    return {
      breaker: this.#policy.breaker === false ? undefined : (this.#breaker?.state ?? 'closed'),
      inFlight: this.#inFlight,
      queued: this.#bulkhead?.queued ?? 0,
      retryTokens: this.#budget?.tokens,
    }
  }

  async isolate(): Promise<void> {
    const breaker = await this.#breakerLoaded
    breaker?.isolate()
  }

  async release(): Promise<void> {
    const breaker = await this.#breakerLoaded
    breaker?.release()
  }

  async close(): Promise<void> {
    this.#closed = true
    const breaker = await this.#breakerLoaded.catch(() => undefined)
    await breaker?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #keep(loading: Promise<CircuitBreaker> | undefined): Promise<CircuitBreaker | undefined> {
    this.#breaker = await loading
    return this.#breaker
  }

  #openScope(call: PipelineCall<unknown>, startedAt: number): CallScope {
    const context = currentContext()
    const timeoutMs = call.timeoutMs ?? this.#policy.timeoutMs
    const inheritedMs =
      context?.deadline === undefined ? Infinity : context.deadline - this.#clock.now() - reserveMs
    return new CallScope({
      dependency: this.#dependency,
      clock: this.#clock,
      deadlineAt: startedAt + Math.min(timeoutMs === false ? Infinity : timeoutMs, inheritedMs),
      signals: [context?.signal, call.signal],
    })
  }

  async #guard<T>(
    scope: CallScope,
    tally: CallTally,
    operation: (attempt: Attempt) => Promise<T>,
    { idempotent = false, hedgeable = false }: PipelineCall<unknown>,
  ): Promise<T> {
    if (this.#closed) throw closedError(this.#dependency)
    if (this.#breaker === undefined && this.#policy.breaker !== false) await this.#breakerLoaded
    if (scope.ended !== undefined) throw scope.ended
    const queued = this.#bulkhead?.enter(scope)
    if (queued !== undefined) await queued
    try {
      return await retryWithin(
        scope,
        (retry) => this.#try(scope, tally, operation, { retry, hedgeable }),
        this.#retrySettings(tally, idempotent),
      )
    } finally {
      this.#bulkhead?.leave()
    }
  }

  #retrySettings(tally: CallTally, idempotent: boolean): RetrySettings {
    const { retry } = this.#policy
    return {
      maxRetries: retry === false ? 0 : retry.maxRetries,
      backoffMs: retry === false ? 0 : retry.backoffMs,
      maxBackoffMs: retry === false ? 0 : retry.maxBackoffMs,
      budget: this.#budget,
      neededMs: () => this.#least.valueMs(this.#clock.monotonic()),
      random: this.#random,
      verdict: () => ({
        retryable:
          !tally.refused && (tally.retry === 'always' || (idempotent && tally.retry === 'idempotent')),
        retryAfterMs: tally.retryAfterMs,
      }),
      onRetry: (result, delayMs) => {
        // An answer that failed only in the eyes of the caller (404) was never a candidate.
        if (result === 'not-retryable' && tally.outcome === 'success') return
        if (!retryDecided.hasSubscribers) return
        retryDecided.publish({ service: this.#service, dependency: this.#dependency, result, delayMs })
      },
    }
  }

  /** One attempt, or the two of a hedged call. */
  #try<T>(
    scope: CallScope,
    tally: CallTally,
    operation: (attempt: Attempt) => Promise<T>,
    { retry, hedgeable }: { readonly retry: number; readonly hedgeable: boolean },
  ): Promise<T> {
    if (this.#hedge === undefined || !hedgeable || retry > 0) {
      return this.#attempt(scope, tally, operation, retry)
    }
    return this.#hedge.run((isSecond) => {
      const own = new CallTally()
      let superseded = false
      let begun: LimitedAttempt | undefined
      const onBegin = (attempt: LimitedAttempt) => {
        begun = attempt
        tally.attemptCount += 1
      }
      const result = this.#attempt(scope, own, operation, isSecond ? 1 : 0, onBegin).finally(() => {
        own.refused ||= isSecond
        if (!superseded) tally.adopt(own)
      })
      const cancel = () => {
        superseded = true
        begun?.supersede()
      }
      return { result, cancel }
    })
  }

  async #attempt<T>(
    scope: CallScope,
    tally: CallTally,
    operation: (attempt: Attempt) => Promise<T>,
    retry: number,
    onBegin?: (attempt: LimitedAttempt) => void,
  ): Promise<T> {
    // The call may have ended while no layer was listening: between its place in the queue, a pause and this attempt.
    if (scope.ended !== undefined) throw scope.ended
    const startedAt = this.#clock.monotonic()
    const leastMs = this.#least.valueMs(startedAt)
    // Retries are asked before their pause; work that cannot be done in time is thrown away by both sides.
    if (retry === 0 && scope.remainingMs < leastMs) throw scope.hopelessError(leastMs)
    const breaker = this.#breaker
    const permit = breaker === undefined ? 0 : breaker.allow()
    if (breaker !== undefined && permit === 0) {
      tally.refused = true
      // A retry that the breaker refuses must not hide why there was one.
      throw tally.lastError ?? circuitOpenError(this.#dependency, breaker)
    }
    const attemptTimeoutMs = this.#policy.attemptTimeoutMs
    const attempt = new LimitedAttempt(scope, {
      retry,
      attemptTimeoutMs: attemptTimeoutMs === false ? Infinity : attemptTimeoutMs,
    })
    tally.attemptCount += 1
    onBegin?.(attempt)
    let ended: Classification = unclassified
    try {
      const result = await attempt.run(this.#clock, operation)
      ended = succeeded
      return result
    } catch (error) {
      tally.lastError = error
      ended = attempt.abortedAs ?? this.#classify(error)
      throw error
    } finally {
      const durationMs = this.#clock.monotonic() - startedAt
      attempt.tellEnd(ended, durationMs)
      this.#hedge?.record(ended, durationMs)
      if (ended.outcome === 'success') this.#least.record(startedAt, durationMs)
      breaker?.report(permit, ended.breaker)
      tally.retry = ended.retry
      tally.retryAfterMs = ended.retryAfterMs
      tally.outcome = ended.outcome
      if (attemptEnded.hasSubscribers) {
        attemptEnded.publish({
          service: this.#service,
          dependency: this.#dependency,
          outcome: ended.outcome,
          durationMs,
          retry,
          statusCode: attempt.statusCode,
        })
      }
    }
  }

  #publishCall({ outcome, attemptCount }: CallTally, startedAt: number): void {
    if (!callEnded.hasSubscribers) return
    callEnded.publish({
      service: this.#service,
      dependency: this.#dependency,
      outcome,
      durationMs: this.#clock.monotonic() - startedAt,
      attemptCount,
    })
  }
}

function orFalse(rule: OptionRule): OptionRule {
  return (value) => {
    if (value === false) return undefined
    const accepted = rule(value)
    return accepted === undefined ? undefined : `${accepted}, or false`
  }
}

function createBudget(policy: ResolvedPolicy, clock: Clock): RetryBudget | undefined {
  if (policy.retry === false) return undefined
  const { budget, ...retry } = policy.retry
  checkRetryPolicy(retry)
  return budget === false ? undefined : retryBudget({ ...budget, clock })
}

function createHedge(
  { hedge }: ResolvedPolicy,
  options: { readonly service: string; readonly dependency: string; readonly clock: Clock },
): Hedge | undefined {
  if (hedge === false) return undefined
  checkHedgePolicy(hedge)
  return new Hedge({ ...options, policy: hedge })
}

function closedError(dependency: string): KeelsonError {
  return new KeelsonError(
    'KEELSON_RESILIENCE_CLOSED',
    `${dependency} was called after its pipeline had been closed. Stop what calls it before that.`,
    { statusCode: 503, details: { dependency } },
  )
}
