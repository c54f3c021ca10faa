import type { RequestContext, SpanIds } from '@keelson/core/context'

/** What one attempt tells the dependency about the request that it is made for. */
export interface PropagationOptions {
  readonly service: string
  readonly context: RequestContext | undefined
  /** 0 for the first attempt. */
  readonly retry: number
  /** Time that the attempt may take, in milliseconds; `Infinity` without a limit. */
  readonly limitMs: number
  readonly random: () => number
  /** Span of the attempt, where this process traces. */
  readonly span?: SpanIds | undefined
}

/**
 * Headers that carry a request on to a service of the same system: `x-client`, `x-retry-attempt`, `x-criticality`,
 * and as far as they are known `x-request-timeout-ms`, `x-request-id`, `traceparent` (same trace and flags, new span) and `tracestate`.
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
  const { span } = options
  if (span !== undefined) {
    headers['traceparent'] = `00-${span.traceId}-${span.spanId}-${span.traceFlags}`
  } else if (context.traceId !== undefined) {
    headers['traceparent'] = `00-${context.traceId}-${newSpanId(options.random)}-${flagsOf(context)}`
  }
  if (context.traceId !== undefined && context.traceState !== undefined) {
    headers['tracestate'] = context.traceState
  }
  return headers
}

/**
 * The caller's flags, so that what is not sampled stays so; `01` (sampled) for a trace that nobody has decided on. Bits that
 * have no meaning yet must be 0 (W3C Trace Context 2, §3.2.2.5: bit 0 sampled, bit 1 random trace id).
 */
function flagsOf({ traceFlags }: RequestContext): string {
  return traceFlags === undefined ? '01' : `0${Number.parseInt(traceFlags, 16) & 0b11}`
}

/** 16 hexadecimal digits that are not all zero, as W3C Trace Context wants them; uniqueness is enough, secrecy is not needed. */
function newSpanId(random: () => number): string {
  return `${word(random).toString(16).padStart(8, '0')}${(word(random) || 1).toString(16).padStart(8, '0')}`
}

function word(random: () => number): number {
  return Math.floor(random() * 2 ** 32)
}
