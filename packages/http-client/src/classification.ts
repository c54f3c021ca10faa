import { isKeelsonError, type KeelsonError } from '@keelson/core/errors'
import type { Classification } from '@keelson/resilience'
import type { StatusDetails } from './status-error.ts'

/**
 * What a failed HTTP attempt means to the layers around it.
 *
 * A failure of the dependency is: no connection, a connection that broke, and 500, 502, 503, 504 unless marked as a
 * refusal. Every other answer is a success, 4xx included: the dependency is there. Refusals (429; 502, 503 and 504 with `x-shed` or
 * `x-no-retry`) are neutral: a breaker that opens on them would be out of phase with the one that made them
 * (recovery 1.0 s against 1.7 s, simulated 2026-11; docs/decisions/0008).
 */
export function classifyClientError(error: unknown): Classification {
  if (!isKeelsonError(error)) return brokenSelf
  switch (error.code) {
    case 'KEELSON_CLIENT_CONNECT_FAILED':
      return neverSent
    case 'KEELSON_CLIENT_CONNECTION_RESET':
      return reset
    case 'KEELSON_CLIENT_STATUS':
      return classifyStatus(error)
    case 'KEELSON_CLIENT_RESPONSE_INVALID':
    case 'KEELSON_CLIENT_RESPONSE_TOO_LARGE':
      return unusable
    default:
      return brokenSelf
  }
}

const neverSent: Classification = { breaker: 'failure', retry: 'always', outcome: 'failure' }
const reset: Classification = { breaker: 'failure', retry: 'idempotent', outcome: 'failure' }
const unusable: Classification = { breaker: 'success', retry: 'never', outcome: 'failure' }
/** Nothing that the dependency did: the request could not be written, the client is closed. */
const brokenSelf: Classification = { breaker: 'neutral', retry: 'never', outcome: 'failure' }

function classifyStatus(error: KeelsonError): Classification {
  // Errors of this code are made in status-error.ts only, with these details.
  const { status, refused, noRetry, retryAfterMs } = error.details as unknown as StatusDetails
  if (refused) {
    const retry = noRetry || retryAfterMs === undefined ? 'never' : 'idempotent'
    return { breaker: 'neutral', retry, outcome: 'rejected', retryAfterMs }
  }
  switch (status) {
    case 500:
      return { breaker: 'failure', retry: 'never', outcome: 'failure' }
    case 502:
    case 503:
    case 504:
      return { breaker: 'failure', retry: noRetry ? 'never' : 'idempotent', outcome: 'failure', retryAfterMs }
    default:
      return { breaker: 'success', retry: 'never', outcome: 'success' }
  }
}
