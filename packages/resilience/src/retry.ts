import { type Clock, systemClock } from '@keelson/core/clock'
import { checkOptions, isKeelsonError, optionRules } from '@keelson/core/errors'
import { CallScope } from './call-scope.ts'
import type { RetryBudget } from './retry-budget.ts'

/** How often and how soon a failed call is made again. */
export interface RetryPolicy {
  /**
   * Calls in addition to the first.
   *
   * @range whole number, 0 to 10
   * @defaultValue 1 — two attempts succeeded as often as three or four against a slow replica (simulated 2026-11)
   */
  readonly maxRetries?: number
  /**
   * Base of the pause before a retry, in milliseconds: a random part of `backoffMs` × 2ⁿ. The first retry comes after
   * 0–10 ms whatever this is.
   *
   * @range 0 to 60,000
   * @defaultValue 25
   */
  readonly backoffMs?: number
  /**
   * Longest pause before a retry, in milliseconds.
   *
   * @range 0 to 600,000
   * @defaultValue 1,000
   */
  readonly maxBackoffMs?: number
}

/** The numbers of retries for which nothing else is said. */
export const retryDefaults: Required<RetryPolicy> = Object.freeze({
  maxRetries: 1,
  backoffMs: 25,
  maxBackoffMs: 1_000,
})

/** Whether a failed call may be made again. */
export interface RetryVerdict {
  readonly retryable: boolean
  /** Least pause that the dependency asked for, in milliseconds (`Retry-After`). */
  readonly retryAfterMs?: number | undefined
}

/** What became of a failed call: the next one is on its way, or why there is none. */
export type RetryResult = 'scheduled' | 'exhausted' | 'deadline' | 'not-retryable'

/** Options of {@link retry}. */
export interface RetryOptions extends RetryPolicy {
  /** Name of what is called, for messages. @defaultValue `the operation` */
  readonly dependency?: string
  /** @defaultValue what a KeelsonError says of itself (`retryable`); nothing else is made again */
  readonly verdict?: (error: unknown) => RetryVerdict
  /** Bounds the retries of all calls together. @defaultValue none */
  readonly budget?: RetryBudget
  /** Moment in milliseconds since 1970 after which no retry is begun. @defaultValue none */
  readonly deadline?: number
  /** Ends the pauses between the calls. */
  readonly signal?: AbortSignal
  /** Called after each failed call that might have been made again. */
  readonly onRetry?: (result: RetryResult, delayMs: number) => void
  /** @defaultValue the clock of the process */
  readonly clock?: Clock
  /** Source of jitter, 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number
}

/** First retry in milliseconds at most: it goes to another connection, so that waiting buys nothing. */
const firstBackoffMs = 10

/** A `Retry-After` further beyond our own pause than this, in milliseconds, is not waited for (AWS SDK v3, 2026). */
const maxRetryAfterMs = 5_000

/**
 * Calls `operation`, and again when it fails and is said to be retryable.
 *
 * @param operation receives 0 for the first call, 1 for the first retry, …
 * @throws what the last call threw; a retry that was refused never hides it. KEELSON_RESILIENCE_CANCELLED when the
 * signal ended a pause; KEELSON_RESILIENCE_OPTIONS_INVALID, synchronously
 */
export function retry<T>(operation: (retry: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  checkRetryPolicy(options)
  const clock = options.clock ?? systemClock
  const scope = new CallScope({
    dependency: options.dependency ?? 'the operation',
    clock,
    deadlineAt:
      options.deadline === undefined ? Infinity : clock.monotonic() + options.deadline - clock.now(),
    signals: [options.signal],
  })
  const settings: RetrySettings = {
    ...retryDefaults,
    verdict: verdictOfError,
    budget: undefined,
    neededMs: undefined,
    onRetry: undefined,
    random: Math.random,
    ...options,
  }
  return retryWithin(scope, operation, settings).finally(() => scope.dispose())
}

/** {@link RetryOptions}, complete, without what the scope holds. */
export interface RetrySettings extends Required<RetryPolicy> {
  readonly verdict: (error: unknown) => RetryVerdict
  readonly budget: RetryBudget | undefined
  /** Least time that a call takes, in milliseconds: a retry that has less is not begun. */
  readonly neededMs: (() => number) | undefined
  readonly onRetry: ((result: RetryResult, delayMs: number) => void) | undefined
  readonly random: () => number
}

/** {@link retry} within a call that has its scope already. */
export async function retryWithin<T>(
  scope: CallScope,
  operation: (retry: number) => Promise<T>,
  settings: RetrySettings,
): Promise<T> {
  settings.budget?.deposit()
  for (let retryIndex = 0; ; retryIndex++) {
    try {
      return await operation(retryIndex)
    } catch (error) {
      if (retryIndex >= settings.maxRetries || scope.cancelled !== undefined) throw error
      const { retryable, retryAfterMs = 0 } = settings.verdict(error)
      const plannedMs = backoffMs(retryIndex, settings)
      const delayMs = Math.max(plannedMs, retryAfterMs)
      const result = resultOf(scope, retryable, delayMs, plannedMs, settings)
      settings.onRetry?.(result, result === 'scheduled' ? delayMs : 0)
      if (result !== 'scheduled') throw error
      await scope.pause(delayMs)
    }
  }
}

/** @throws KEELSON_RESILIENCE_OPTIONS_INVALID */
export function checkRetryPolicy(options: RetryOptions): void {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'retry', options, {
    maxRetries: optionRules.number({ min: 0, max: 10, integer: true }),
    backoffMs: optionRules.number({ min: 0, max: 60_000 }),
    maxBackoffMs: optionRules.number({ min: 0, max: 600_000 }),
    dependency: optionRules.string,
    verdict: optionRules.function,
    budget: optionRules.object,
    deadline: optionRules.number(),
    signal: optionRules.object,
    onRetry: optionRules.function,
    clock: optionRules.object,
    random: optionRules.function,
  })
}

function verdictOfError(error: unknown): RetryVerdict {
  return { retryable: isKeelsonError(error) && error.retryable }
}

function backoffMs(retryIndex: number, { backoffMs: base, maxBackoffMs, random }: RetrySettings): number {
  if (retryIndex === 0) return random() * Math.min(firstBackoffMs, maxBackoffMs)
  return random() * Math.min(maxBackoffMs, base * 2 ** retryIndex)
}

function resultOf(
  scope: CallScope,
  retryable: boolean,
  delayMs: number,
  plannedMs: number,
  { budget, neededMs }: RetrySettings,
): RetryResult {
  if (!retryable) return 'not-retryable'
  if (delayMs + (neededMs?.() ?? 0) >= scope.remainingMs || delayMs > plannedMs + maxRetryAfterMs)
    return 'deadline'
  return budget === undefined || budget.withdraw() ? 'scheduled' : 'exhausted'
}
