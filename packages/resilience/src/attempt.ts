import type { Clock } from '@keelson/core/clock'
import { KeelsonError } from '@keelson/core/errors'
import type { AnswerSilence } from './answer-silence.ts'
import { type AttemptTimer, startAttemptTimer } from './attempt-timer.ts'
import type { CallScope } from './call-scope.ts'
import type { Classification } from './classification.ts'

/** One try of an operation, as the operation sees it. */
export interface Attempt {
  /** 0 for the first attempt, 1 for the first retry, … */
  readonly retry: number
  /** Time that the attempt may take, in milliseconds; `Infinity` without a limit. */
  readonly limitMs: number
  /** Aborted when the attempt is over before its operation is. Made on first use: a signal costs some 2 µs. */
  readonly signal: AbortSignal
  /** HTTP status of the answer, told by the operation; goes into `keelson.client.attempt`. */
  statusCode: number | undefined
  /** Whether the call may be made again after it; the operation says no once it has given away what it was given. Initially true. */
  repeatable: boolean
  /**
   * Lifts the limit of the attempt, once: from here on the deadline of the call alone ends it, and it counts as lasting until now. For
   * an answer that is handed on while it comes, at the pace of its reader.
   */
  outlast(): void
  /** Called at most once, when the attempt outlasts its limit: its answer has begun, its end may be far. */
  onOutlast(listener: () => void): void
  /** Called at most once, when the attempt is over before its operation is: a cheaper `signal`. */
  onAbort(listener: (reason: KeelsonError) => void): void
  /** Called once, when it is known what the end of the attempt means. */
  onEnd(listener: (ended: Classification, durationMs: number) => void): void
}

/** Limits of one attempt. */
export interface AttemptLimits {
  readonly retry: number
  /** Limit of one attempt in milliseconds, `Infinity` for none. */
  readonly attemptTimeoutMs: number
  /** Told when the answer has begun, where the attempt goes on after it. */
  readonly silence?: AnswerSilence | undefined
}

/** Runs an operation once, within its limit and the life of its call. */
export class LimitedAttempt implements Attempt {
  readonly retry: number
  readonly limitMs: number
  statusCode: number | undefined
  repeatable = true
  readonly #scope: CallScope
  readonly #attemptTimeoutMs: number
  readonly #silence: AnswerSilence | undefined
  readonly #onCancel = (error: KeelsonError): void => this.#abort(error, cancelled)
  #clock: Clock | undefined
  #timer: AttemptTimer | undefined
  #answeredAt: number | undefined
  #controller: AbortController | undefined
  #listener: ((reason: KeelsonError) => void) | undefined
  #outlastListeners: (() => void)[] | undefined
  #endListener: ((ended: Classification, durationMs: number) => void) | undefined
  #reject: ((reason: KeelsonError) => void) | undefined
  #over = false
  #cutShort = false
  #aborted: { readonly reason: KeelsonError; readonly classification: Classification } | undefined

  constructor(scope: CallScope, { retry, attemptTimeoutMs, silence }: AttemptLimits) {
    this.retry = retry
    this.#scope = scope
    this.#attemptTimeoutMs = attemptTimeoutMs
    this.#silence = silence
    this.limitMs = Math.min(attemptTimeoutMs, scope.remainingMs)
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason)
    }
    return this.#controller.signal
  }

  /** What the end of the attempt means when it was not the operation that ended it. */
  get abortedAs(): Classification | undefined {
    return this.#aborted?.classification
  }

  /** Whether the deadline of the call ended it before its own limit, in a process that was not held up itself. */
  get cutShort(): boolean {
    return this.#cutShort
  }

  /** Monotonic time at which the answer came, where the attempt went on after it. */
  get answeredAt(): number | undefined {
    return this.#answeredAt
  }

  outlast(): void {
    if (this.#over || this.#clock === undefined || this.#answeredAt !== undefined) return
    this.#answeredAt = this.#clock.monotonic()
    this.#silence?.break()
    this.#timer?.cancel()
    const { remainingMs } = this.#scope
    if (remainingMs !== Infinity) {
      this.#timer = startAttemptTimer(this.#clock, Math.max(0, remainingMs), () =>
        this.#abort(this.#scope.deadlineError(), deadlineExceeded),
      )
    }
    for (const listener of this.#outlastListeners ?? []) listener()
  }

  onOutlast(listener: () => void): void {
    this.#outlastListeners ??= []
    this.#outlastListeners.push(listener)
  }

  onAbort(listener: (reason: KeelsonError) => void): void {
    this.#listener = listener
  }

  onEnd(listener: (ended: Classification, durationMs: number) => void): void {
    this.#endListener = listener
  }

  /** Tells the operation what its end means. */
  tellEnd(ended: Classification, durationMs: number): void {
    this.#endListener?.(ended, durationMs)
  }

  /**
   * Runs the operation.
   *
   * @throws what the operation throws; KEELSON_RESILIENCE_TIMEOUT, KEELSON_RESILIENCE_DEADLINE_EXCEEDED,
   * KEELSON_RESILIENCE_CANCELLED
   */
  run<T>(clock: Clock, operation: (attempt: Attempt) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      this.#clock = clock
      if (this.limitMs !== Infinity) {
        this.#timer = startAttemptTimer(clock, this.limitMs, (stalled) => this.#timeOut(stalled))
      }
      this.#scope.onCancel(this.#onCancel)
      this.#begin(operation).then(
        (result) => resolve(this.#ended(result)),
        (error: unknown) => reject(this.#ended(error)),
      )
    })
  }

  /** What throws at once has failed like what rejects: the limit and the ties to the call must end with it. */
  #begin<T>(operation: (attempt: Attempt) => Promise<T>): Promise<T> {
    try {
      return operation(this)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Ends it because another attempt of its call was faster; says nothing about the dependency. */
  supersede(): void {
    if (!this.#over) this.#abort(this.#scope.supersededError(), cancelled)
  }

  #timeOut(stalled: boolean): void {
    // Cut short by the call's deadline: alone that says nothing about the dependency, and no retry would have the time.
    if (this.limitMs < this.#attemptTimeoutMs) {
      this.#cutShort = !stalled
      this.#abort(this.#scope.deadlineError(), deadlineExceeded)
    } else {
      this.#abort(
        timeoutError(this.#scope.dependency, this.limitMs, stalled),
        stalled ? localStall : timedOut,
      )
    }
  }

  #abort(reason: KeelsonError, classification: Classification): void {
    this.#aborted = { reason, classification }
    this.#ended(reason)
    this.#listener?.(reason)
    this.#controller?.abort(reason)
    this.#reject?.(reason)
  }

  /** Lets go of the timer and the call, once: the scope may belong to the next attempt when an aborted operation ends. */
  #ended<Result>(result: Result): Result {
    if (this.#over) return result
    this.#over = true
    this.#timer?.cancel()
    this.#scope.offCancel(this.#onCancel)
    return result
  }
}

const timedOut: Classification = { breaker: 'failure', retry: 'idempotent', outcome: 'timeout' }
const localStall: Classification = { breaker: 'neutral', retry: 'idempotent', outcome: 'timeout' }
const deadlineExceeded: Classification = { breaker: 'neutral', retry: 'never', outcome: 'timeout' }
const cancelled: Classification = { breaker: 'neutral', retry: 'never', outcome: 'cancelled' }

function timeoutError(dependency: string, timeoutMs: number, stalled: boolean): KeelsonError {
  const why = stalled
    ? ', while this process was blocked itself. Find what blocks its event loop.'
    : '. It is slow or unreachable.'
  return new KeelsonError(
    'KEELSON_RESILIENCE_TIMEOUT',
    `${dependency} did not answer within ${timeoutMs} ms${why}`,
    { statusCode: 504, retryable: true, details: { dependency, timeoutMs, localStall: stalled } },
  )
}
