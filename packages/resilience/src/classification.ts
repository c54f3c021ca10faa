import type { ClientOutcome } from '@keelson/core/channels'
import { isKeelsonError } from '@keelson/core/errors'
import type { BreakerOutcome } from './circuit-breaker-types.ts'

/** What a failed attempt means to the layers around it. */
export interface Classification {
  /** How the attempt counts in the breaker. */
  readonly breaker: BreakerOutcome
  /** Whether the call may be made again: only when it is idempotent, or also when not, because it was never sent. */
  readonly retry: 'never' | 'idempotent' | 'always'
  /** How series and log lines count it. */
  readonly outcome: ClientOutcome
  /** Least pause that the dependency asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/**
 * Classifies an error when a pipeline is told nothing better: each is a failure of the dependency, and may be made again
 * when a KeelsonError says so (`retryable`) and the call is idempotent.
 */
export function classifyError(error: unknown): Classification {
  const retryable = isKeelsonError(error) && error.retryable
  return { breaker: 'failure', retry: retryable ? 'idempotent' : 'never', outcome: 'failure' }
}
