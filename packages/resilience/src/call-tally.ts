import type { ClientOutcome } from '@keelson/core/channels'
import { isKeelsonError } from '@keelson/core/errors'
import type { Classification } from './classification.ts'

/** What the layers of one call tell each other. */
export class CallTally {
  attemptCount = 0
  outcome: ClientOutcome = 'failure'
  retry: Classification['retry'] = 'never'
  retryAfterMs: number | undefined = undefined
  lastError: unknown = undefined
  /** There is no further attempt: the breaker refused one, or there were two at the same time. */
  refused = false

  /** Takes over how one of several attempts ended. */
  adopt({ outcome, retry, retryAfterMs, lastError, refused }: CallTally): void {
    this.outcome = outcome
    this.retry = retry
    this.retryAfterMs = retryAfterMs
    this.lastError = lastError
    this.refused = refused
  }
}

/** The end of an attempt that gave a result. */
export const succeeded: Classification = { breaker: 'success', retry: 'never', outcome: 'success' }
/** Stands until the end of an attempt is known; stays when `classify` itself throws. */
export const unclassified: Classification = { breaker: 'failure', retry: 'never', outcome: 'failure' }

/** How series count a call that ended outside of an attempt. */
export function outcomeOf(error: unknown): ClientOutcome {
  if (isKeelsonError(error, 'KEELSON_RESILIENCE_CIRCUIT_OPEN')) return 'circuit-open'
  if (isKeelsonError(error, 'KEELSON_RESILIENCE_CANCELLED')) return 'cancelled'
  const timeouts = ['KEELSON_RESILIENCE_DEADLINE_EXCEEDED', 'KEELSON_RESILIENCE_TIMEOUT']
  if (isKeelsonError(error) && timeouts.includes(error.code)) return 'timeout'
  const refusals = ['KEELSON_RESILIENCE_BULKHEAD_FULL', 'KEELSON_RESILIENCE_CLOSED']
  return isKeelsonError(error) && refusals.includes(error.code) ? 'rejected' : 'failure'
}
