import { type BreakerState, channel } from '@keelson/core/channels'
import { type Clock, systemClock } from '@keelson/core/clock'
import { currentContext } from '@keelson/core/context'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import { type Attempt, LimitedAttempt } from './attempt.ts'
import { mainGroup } from './breaker-groups.ts'
import { CallScope } from './call-scope.ts'
import { CallTally, outcomeOf, succeeded, unclassified } from './call-tally.ts'
import { circuitOpenError } from './circuit-breaker.ts'
import type { ForceOptions } from './circuit-breaker-types.ts'
import { type Classification, classifyError } from './classification.ts'
import { checkPolicy, Layers, policyRules } from './layers.ts'
import { LeastDuration } from './least-duration.ts'
import type { Policy, Profile } from './profiles.ts'
import type { Pipeline, PipelineCall, PipelineOptions, PipelineState } from './pipeline-types.ts'
import { type RetrySettings, retryWithin } from './retry.ts'
import { SharedCalls } from './shared-calls.ts'

/** Time in milliseconds kept back of an inherited deadline for the caller's own answer. */
const reserveMs = 10

/**
 * Makes the pipeline of one dependency. Publishes `keelson.client.call`, `.attempt`, `.retry` and `.hedge`, and by its breaker
 * `keelson.breaker.changed` and `keelson.breaker.forced`.
 *
 * @throws KEELSON_RESILIENCE_OPTIONS_INVALID
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'createPipeline', options, {
    service: optionRules.string,
    dependency: optionRules.string,
    profile: optionRules.oneOf('internal', 'external', 'batch'),
    ...policyRules,
    classify: optionRules.function,
    clock: optionRules.object,
    random: optionRules.function,
  })
  return new LayeredPipeline(options)
}

const callEnded = channel('keelson.client.call')
const attemptEnded = channel('keelson.client.attempt')
const retryDecided = channel('keelson.client.retry')

class LayeredPipeline implements Pipeline {
  readonly #service: string
  readonly #dependency: string
  readonly #profile: Profile
  readonly #clock: Clock
  readonly #random: () => number
  readonly #classify: (error: unknown) => Classification
  readonly #layers: Layers
  readonly #shared: SharedCalls
  readonly #least = new LeastDuration()
  #inFlight = 0
  #closed = false

  constructor(options: PipelineOptions) {
    const {
      service,
      dependency,
      profile = 'internal',
      classify = classifyError,
      clock = systemClock,
      random = Math.random,
      ...policy
    } = options
    this.#service = service
    this.#dependency = dependency
    this.#profile = profile
    this.#clock = clock
    this.#random = random
    this.#classify = classify
    this.#layers = new Layers(checkPolicy(profile, policy), { service, dependency, clock, random })
    this.#shared = new SharedCalls({ dependency, clock })
  }

  run<T, Fallback = never>(
    operation: (attempt: Attempt) => Promise<T>,
    call: PipelineCall<Fallback> = {},
  ): Promise<T | Fallback> {
    return this.#run(call, (scope, tally) => this.#guard(scope, tally, operation, call))
  }

  runShared<Shared, T, Fallback = never>(
    key: string,
    operation: (attempt: Attempt) => Promise<Shared>,
    receive: (shared: Shared) => T | Promise<T>,
    call: PipelineCall<Fallback> = {},
  ): Promise<T | Fallback> {
    return this.#run(call, async (scope, tally) => {
      if (this.#closed) throw closedError(this.#dependency)
      const shared = await this.#shared.join(key, scope, tally, (own, of) => {
        const { timeoutMs } = this.#layers.policy
        return this.#guard(own(timeoutMs === false ? Infinity : timeoutMs), of, operation, call)
      })
      return receive(shared)
    })
  }

  update(policy: Policy): void {
    this.#layers.update(checkPolicy(this.#profile, policy))
  }

  state(): PipelineState {
    const { breakers, bulkhead, budget } = this.#layers
    return {
      breaker: breakers.state,
      admittedRatio: breakers.admittedRatio,
      forced: breakers.forced,
      groups: breakers.groupStates,
      inFlight: this.#inFlight,
      queued: bulkhead.queued,
      retryTokens: budget?.tokens,
    }
  }

  isolate(options: ForceOptions = {}): Promise<void> {
    return this.#layers.breakers.force('open', options)
  }

  holdClosed(options: ForceOptions = {}): Promise<void> {
    return this.#layers.breakers.force('closed', options)
  }

  release(): Promise<void> {
    return this.#layers.breakers.release()
  }

  close(): Promise<void> {
    this.#closed = true
    return this.#layers.breakers.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Deadline, cancellation and fallback around the rest. */
  async #run<T, Fallback>(
    call: PipelineCall<Fallback>,
    inner: (scope: CallScope, tally: CallTally) => Promise<T>,
  ): Promise<T | Fallback> {
    const startedAt = this.#clock.monotonic()
    const tally = new CallTally()
    const scope = this.#openScope(call, startedAt)
    this.#inFlight += 1
    try {
      return await inner(scope, tally)
    } catch (error) {
      if (scope.cancelled !== undefined && tally.attemptCount > 0) tally.outcome = 'cancelled'
      else if (tally.attemptCount === 0) tally.outcome = outcomeOf(error)
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

  #openScope(call: PipelineCall<unknown>, startedAt: number): CallScope {
    const context = currentContext()
    const timeoutMs = call.timeoutMs ?? this.#layers.policy.timeoutMs
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
    { idempotent = false, hedgeable = false, operation: group = mainGroup }: PipelineCall<unknown>,
  ): Promise<T> {
    if (this.#closed) throw closedError(this.#dependency)
    const { breakers, bulkhead, hedge } = this.#layers
    const loading = breakers.ready()
    if (loading !== undefined) await loading
    if (scope.ended !== undefined) throw scope.ended
    if (bulkhead.full) hedge?.pause()
    const queued = bulkhead.enter(scope)
    if (queued !== undefined) await queued
    try {
      return await retryWithin(
        scope,
        (retry) => this.#try(scope, tally, operation, { retry, hedgeable, group }),
        this.#retrySettings(tally, idempotent, group),
      )
    } finally {
      bulkhead.leave()
    }
  }

  #retrySettings(tally: CallTally, idempotent: boolean, group: string): RetrySettings {
    const { policy, breakers } = this.#layers
    const { retry } = policy
    // A circuit that is open would refuse the retry: no pause for it, and nothing out of the budget.
    const isOpen = () => refusesAll(breakers.of(group)?.state)
    return {
      maxRetries: retry === false ? 0 : retry.maxRetries,
      backoffMs: retry === false ? 0 : retry.backoffMs,
      maxBackoffMs: retry === false ? 0 : retry.maxBackoffMs,
      budget: this.#layers.budget,
      neededMs: () => this.#least.valueMs(this.#clock.monotonic()),
      random: this.#random,
      verdict: () => ({
        retryable:
          !tally.refused &&
          !isOpen() &&
          (tally.retry === 'always' || (idempotent && tally.retry === 'idempotent')),
        retryAfterMs: tally.retryAfterMs,
      }),
      onRetry: (result, delayMs) => {
        // Neither an answer that failed only in the eyes of the caller (404) nor a call that was not made was ever a candidate.
        const noCandidate = tally.outcome === 'success' || tally.attemptCount === 0
        if (result === 'not-retryable' && noCandidate) return
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
    {
      retry,
      hedgeable,
      group,
    }: { readonly retry: number; readonly hedgeable: boolean; readonly group: string },
  ): Promise<T> {
    const { hedge } = this.#layers
    if (hedge === undefined || !hedgeable || retry > 0) {
      return this.#attempt(scope, tally, operation, { retry, group })
    }
    return hedge.run((isSecond) => {
      const own = new CallTally()
      let superseded = false
      let begun: LimitedAttempt | undefined
      const onBegin = (attempt: LimitedAttempt) => {
        begun = attempt
        tally.attemptCount += 1
      }
      const kind = { retry: isSecond ? 1 : 0, group, mayHaveSecond: !isSecond }
      const result = this.#attempt(scope, own, operation, kind, onBegin).finally(() => {
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
    {
      retry,
      group,
      mayHaveSecond = false,
    }: { readonly retry: number; readonly group: string; readonly mayHaveSecond?: boolean },
    onBegin?: (attempt: LimitedAttempt) => void,
  ): Promise<T> {
    // The call may have ended while no layer was listening: between its place in the queue, a pause and this attempt.
    if (scope.ended !== undefined) throw scope.ended
    const startedAt = this.#clock.monotonic()
    const leastMs = this.#least.valueMs(startedAt)
    // Retries are asked before their pause; work that cannot be done in time is thrown away by both sides.
    if (retry === 0 && scope.remainingMs < leastMs) throw scope.hopelessError(leastMs)
    const { breakers, policy, hedge } = this.#layers
    const breaker = breakers.of(group)
    const permit = breaker === undefined ? 0 : breaker.allow()
    if (breaker !== undefined && permit === 0) {
      tally.refused = true
      // A retry that the breaker refuses must not hide why there was one.
      throw tally.lastError ?? circuitOpenError(this.#dependency, breaker)
    }
    const attemptTimeoutMs = policy.attemptTimeoutMs === false ? Infinity : policy.attemptTimeoutMs
    const samplingMs = policy.breaker === false ? Infinity : policy.breaker.samplingMs
    const silence = breaker === undefined ? undefined : breakers.silenceOf(group)
    silence?.begin(startedAt, samplingMs)
    const attempt = new LimitedAttempt(scope, { retry, attemptTimeoutMs, silence })
    tally.attemptCount += 1
    onBegin?.(attempt)
    // A probe whose answer is handed on while it comes, for minutes it may be, has shown what it was to show.
    let answered = false
    if (breaker?.state === 'half-open') {
      attempt.onOutlast(() => {
        if ((attempt.statusCode ?? 0) >= 500) return
        answered = true
        breaker.report(permit, 'success')
      })
    }
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
      const endedAt = this.#clock.monotonic()
      const durationMs = endedAt - startedAt
      // The pace of a reader says nothing about the dependency.
      const answeredMs = attempt.answeredAt === undefined ? durationMs : attempt.answeredAt - startedAt
      attempt.tellEnd(ended, answeredMs)
      hedge?.record(ended, answeredMs, mayHaveSecond)
      if (ended.outcome === 'success') this.#least.record(startedAt, answeredMs)
      if (ended.breaker === 'success') silence?.learn(answeredMs)
      if (hasAnswered(attempt, ended)) silence?.break()
      const condemned =
        attempt.cutShort && silence?.condemns(endedAt, durationMs, { samplingMs, attemptTimeoutMs }) === true
      if (!answered) breaker?.report(permit, condemned ? 'failure' : ended.breaker)
      tally.retry = attempt.repeatable ? ended.retry : 'never'
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

function refusesAll(state: BreakerState | undefined): boolean {
  return state === 'open' || state === 'isolated'
}

/** Whether the dependency has said anything. What it said before the attempt went on is known already. */
function hasAnswered({ statusCode }: Attempt, { breaker, outcome }: Classification): boolean {
  return breaker === 'success' || outcome === 'rejected' || statusCode !== undefined
}

function closedError(dependency: string): KeelsonError {
  return new KeelsonError(
    'KEELSON_RESILIENCE_CLOSED',
    `${dependency} was called after its pipeline had been closed. Stop what calls it before that.`,
    { statusCode: 503, details: { dependency } },
  )
}
