import { KeelsonError } from '@keelson/core/errors'
import { bodyExcerpt } from './response-body.ts'
import type { AnswerHeaders, WireAnswer } from './transport.ts'

/** What an answer says of itself beside its status. */
export interface StatusDetails {
  readonly dependency: string
  readonly status: number
  /** The dependency refused the call to protect itself (429, or 503 with `x-shed`), or for lack of its own dependency (`x-no-retry`). */
  readonly refused: boolean
  /** The dependency asks not to be called again for this (`x-no-retry`). */
  readonly noRetry: boolean
  /** What `Retry-After` asks for. */
  readonly retryAfterMs?: number
  /** Beginning of a text or JSON body. */
  readonly body?: string
}

/** Length at which the body in an error is cut, in bytes: enough for a problem document. */
const maxExcerptBytes = 4_096

/** Statuses of an answer for which somebody else is to blame, if it says so. */
const gatewayStatuses: readonly number[] = [502, 503, 504]

/** What the error of an unwanted status names. */
export interface StatusContext {
  readonly dependency: string
  readonly method: string
  /** As written by the caller, parameters not filled in. */
  readonly path: string
  /** Milliseconds since 1970, for a `Retry-After` that names a date. */
  readonly nowMs: number
}

/** The error of an answer whose status is not 2xx. */
export function statusError(answer: WireAnswer, context: StatusContext): KeelsonError {
  const details = statusDetails(answer, context)
  const { dependency, method, path } = context
  return new KeelsonError(
    'KEELSON_CLIENT_STATUS',
    `${dependency} answered ${method} ${path} with status ${answer.status}.`,
    {
      statusCode: details.refused ? 503 : 502,
      retryable: !details.noRetry && [429, 502, 503, 504].includes(answer.status),
      details: { ...details },
    },
  )
}

function statusDetails(answer: WireAnswer, { dependency, nowMs }: StatusContext): StatusDetails {
  const { status, headers } = answer
  const noRetry = headers['x-no-retry'] === '1'
  const marked = noRetry || headers['x-shed'] !== undefined
  const retryAfterMs = parseRetryAfter(headers, nowMs)
  const body = bodyExcerpt(answer, maxExcerptBytes)
  return {
    dependency,
    status,
    refused: status === 429 || (marked && gatewayStatuses.includes(status)),
    noRetry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(body === undefined ? {} : { body }),
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), in milliseconds from now. */
function parseRetryAfter(headers: AnswerHeaders, nowMs: number): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
