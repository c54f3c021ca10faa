import type { Clock } from '@keelson/core/clock'
import { KeelsonError } from '@keelson/core/errors'

/** Bounds of one call. */
export interface CallBounds {
  /** Name of what is called, for messages. */
  readonly dependency: string
  readonly clock: Clock
  /** Monotonic time by which the call must be over; `Infinity` for none. */
  readonly deadlineAt: number
  /** Each of them ends the call. Composed by hand: `AbortSignal.any` keeps its sources' listeners alive (nodejs/node#54614). */
  readonly signals: readonly (AbortSignal | undefined)[]
}

/** Ends what a call is waiting for. */
type Interrupt = (error: KeelsonError) => void

/**
 * The life of one call, retries included: its deadline and what it is waiting for at a time (a place in the queue, an
 * attempt or the two of a hedged call, the pause before a retry), which a cancellation ends.
 */
export class CallScope {
  readonly #bounds: CallBounds
  readonly #onAbort: () => void
  #cancelled: KeelsonError | undefined
  #interrupt: Interrupt | undefined
  #secondInterrupt: Interrupt | undefined

  constructor(bounds: CallBounds) {
    this.#bounds = bounds
    this.#onAbort = () => this.#cancel()
    // The same signal twice takes the listener once.
    for (const signal of bounds.signals) signal?.addEventListener('abort', this.#onAbort)
    if (bounds.signals.some((signal) => signal?.aborted)) this.#cancel()
  }

  get dependency(): string {
    return this.#bounds.dependency
  }

  /** Time left in milliseconds; `Infinity` without a deadline, 0 or less when it has passed. */
  get remainingMs(): number {
    const { deadlineAt, clock } = this.#bounds
    return deadlineAt === Infinity ? Infinity : deadlineAt - clock.monotonic()
  }

  /** The error of a call whose signal was aborted. */
  get cancelled(): KeelsonError | undefined {
    return this.#cancelled
  }

  /** The error that ends the call already: it was cancelled, or its time is over. */
  get ended(): KeelsonError | undefined {
    return this.#cancelled ?? (this.remainingMs <= 0 ? this.deadlineError() : undefined)
  }

  /** Names what a cancellation ends from now on, until {@link offCancel}. At most two things at a time. */
  onCancel(interrupt: Interrupt): void {
    if (this.#interrupt === undefined) this.#interrupt = interrupt
    else this.#secondInterrupt = interrupt
  }

  /** Takes back what {@link onCancel} named. */
  offCancel(interrupt: Interrupt): void {
    if (this.#interrupt === interrupt) this.#interrupt = undefined
    else if (this.#secondInterrupt === interrupt) this.#secondInterrupt = undefined
  }

  /**
   * Waits within the call.
   *
   * @param delayMs milliseconds, at most what remains
   * @throws KEELSON_RESILIENCE_CANCELLED
   */
  pause(delayMs: number): Promise<void> {
    const { clock } = this.#bounds
    return new Promise((resolve, reject) => {
      const interrupt: Interrupt = (error) => {
        clock.clearTimeout(timer)
        reject(error)
      }
      const timer = clock.setTimeout(() => {
        this.offCancel(interrupt)
        resolve()
      }, delayMs)
      this.onCancel(interrupt)
    })
  }

  /** Ends the call's ties to its signals. */
  dispose(): void {
    this.#interrupt = undefined
    this.#secondInterrupt = undefined
    for (const signal of this.#bounds.signals) signal?.removeEventListener('abort', this.#onAbort)
  }

  /** The error of an attempt that another one of its call has overtaken; nobody receives it. */
  supersededError(): KeelsonError {
    return new KeelsonError(
      'KEELSON_RESILIENCE_CANCELLED',
      `Another attempt of the call to ${this.dependency} was faster.`,
      { details: { dependency: this.dependency } },
    )
  }

  /** The error of a call that has no time left. */
  deadlineError(): KeelsonError {
    return new KeelsonError(
      'KEELSON_RESILIENCE_DEADLINE_EXCEEDED',
      `The time for the call to ${this.dependency} ran out. Look for what used it up, or allow more.`,
      { statusCode: 504, details: { dependency: this.dependency } },
    )
  }

  /**
   * The error of a call that has less time left than any has lately needed.
   *
   * @param neededMs milliseconds
   */
  hopelessError(neededMs: number): KeelsonError {
    const remainingMs = Math.floor(this.remainingMs)
    return new KeelsonError(
      'KEELSON_RESILIENCE_DEADLINE_EXCEEDED',
      `The call to ${this.dependency} has ${remainingMs} ms left, and none has lately needed less than ${Math.ceil(neededMs)} ms: it was not made. Look for what used the time up, or allow more.`,
      { statusCode: 504, details: { dependency: this.dependency, remainingMs, neededMs } },
    )
  }

  #cancel(): void {
    if (this.#cancelled !== undefined) return
    const reason: unknown = this.#bounds.signals.find((signal) => signal?.aborted)?.reason
    this.#cancelled = new KeelsonError(
      'KEELSON_RESILIENCE_CANCELLED',
      `The call to ${this.dependency} was cancelled by its caller.`,
      // 499 is what nginx logs for a caller that left; nobody receives it.
      { statusCode: 499, cause: reason, details: { dependency: this.dependency } },
    )
    // Each takes itself out of its place as it ends.
    const second = this.#secondInterrupt
    this.#interrupt?.(this.#cancelled)
    second?.(this.#cancelled)
  }
}
