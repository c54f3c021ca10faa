import type { RequestContext } from '@keelson/core/context'

/** What one attempt tells the dependency about the request that it is made for. */
export interface PropagationOptions {
  readonly service: string
  readonly context: RequestContext | undefined
  /** 0 for the first attempt. */
  readonly retry: number
  /** Time that the attempt may take, in milliseconds; `Infinity` without a limit. */
  readonly limitMs: number
  readonly random: () => number
}

/**
 * Headers that carry a request on to a service of the same system: `x-client`, `x-retry-attempt`, `x-criticality`,
 * and as far as they are known `x-request-timeout-ms`, `x-request-id`, `traceparent` (same trace, new span).
 */
export function propagationHeaders(options: PropagationOptions): Record<string, string> {
  const { service, context, retry, limitMs } = options
  const headers: Record<string, string> = {
    'x-client': service,
    'x-retry-attempt': String(retry),
    'x-criticality': context?.criticality ?? 'default',
  }
  // The attempt's own limit, which the deadline of the request has shortened where need be: work beyond it is thrown away.
  if (limitMs !== Infinity) headers['x-request-timeout-ms'] = String(Math.max(1, Math.floor(limitMs)))
  if (context === undefined) return headers
  headers['x-request-id'] = context.requestId
  if (context.traceId !== undefined) {
    headers['traceparent'] = `00-${context.traceId}-${newSpanId(options.random)}-01`
  }
  return headers
}

/** 16 hexadecimal digits that are not all zero, as W3C Trace Context wants them; uniqueness is enough, secrecy is not needed. */
function newSpanId(random: () => number): string {
  return `${word(random).toString(16).padStart(8, '0')}${(word(random) || 1).toString(16).padStart(8, '0')}`
}

function word(random: () => number): number {
  return Math.floor(random() * 2 ** 32)
}
