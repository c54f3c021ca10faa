import type { BreakerState } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import type { BreakerPolicy } from './breaker-policy.ts'
import type { WindowCounts } from './rolling-window.ts'

/** Options of `circuitBreaker`. */
export interface CircuitBreakerOptions extends BreakerPolicy {
  /** Name of the service that calls; part of every published fact. */
  readonly service: string
  /** Name of what is called; part of every published fact. */
  readonly dependency: string
  /** Group of operations that this breaker is for, where a dependency has several. @defaultValue none: all that have no other */
  readonly operation?: string
  /** @defaultValue the clock of the process */
  readonly clock?: Clock
  /** Source of jitter, 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number
}

/** How a call counts: `neutral` says nothing about the dependency (a cancelled call, a shed one). */
export type BreakerOutcome = 'success' | 'failure' | 'neutral'

/** For how long somebody decides in place of the breaker. */
export interface ForceOptions {
  /**
   * Time in milliseconds after which the breaker decides again by itself.
   *
   * @range 1 to 3,600,000
   * @defaultValue none: until it is released
   */
  readonly forMs?: number | undefined
}

/** A circuit breaker. */
export interface CircuitBreaker {
  readonly state: BreakerState
  /** Group of operations that it is for; `undefined` for all that have no other. */
  readonly operation: string | undefined
  /** Completed calls and failures in the window now. */
  readonly counts: WindowCounts
  /**
   * Share of the calls that are let through, 0 to 1: 1 while closed; 0 while open, isolated or waiting for probes; in between on the ramp
   * after them, when the state is `half-open` still.
   */
  readonly admittedRatio: number
  /** Milliseconds until an open circuit lets probes through; 0 in every other state. */
  readonly retryAfterMs: number
  /** Asks for one call. Gives a permit to report with, or 0 when the call is refused. */
  allow(): number
  /**
   * Says how a permitted call ended. Ignored when the circuit has changed its state since `permit` was given, except at the end of the
   * ramp: what the ramp let through counts afterwards, too.
   */
  report(permit: number, outcome: BreakerOutcome): void
  /**
   * Runs one call under the breaker.
   *
   * @param operation must settle: bound it with a time-out of its own
   * @param outcomeOf how an error counts; every error is a failure when left out
   * @throws KEELSON_RESILIENCE_CIRCUIT_OPEN when the call was refused, else what `operation` throws
   */
  run<T>(operation: () => Promise<T>, outcomeOf?: (error: unknown) => BreakerOutcome): Promise<T>
  /**
   * Takes other numbers from now on; state, window and open time stay as they are.
   *
   * @param policy what is left out has its default
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  update(policy: BreakerPolicy): void
  /** Whether it is isolated (`open`) or held closed; `undefined` while it decides itself. */
  readonly forced: 'open' | 'closed' | undefined
  /**
   * Refuses every call until {@link release} or until the time is up. Publishes `keelson.breaker.forced`, then and at the end.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  isolate(options?: ForceOptions): void
  /**
   * Lets every call through, whatever fails, until {@link release} or until the time is up: for a breaker that does more harm than good. What
   * completes is counted on. Publishes `keelson.breaker.forced`, then and at the end.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  holdClosed(options?: ForceOptions): void
  /**
   * Ends what {@link isolate} or {@link holdClosed} began. After an isolation the circuit is closed and its window empty; one that was held
   * closed judges by what it saw at the next failure.
   */
  release(): void
  /** Closes the circuit whatever its state, with an empty window, and ends isolation or holding. */
  reset(): void
  /** Ends the breaker, which refuses every call from then on. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
