import type { RequestContext } from '@keelson/core/context'
import { quote } from './json-text.ts'

/**
 * A request or job as a piece of a GELF line, `,"_request_id":"…","_trace_id":"…","_span_id":"…"`: made once and kept
 * in the context.
 */
export function contextFragment(context: RequestContext): string {
  const known = context.logFragment
  if (known !== undefined) return known
  const made = fragmentOf(context)
  // A frozen context is no reason for an error: then it is made for every line.
  Reflect.set(context, 'logFragment', made)
  return made
}

/**
 * A fragment as collectors want it that put the underscore before every name themselves. Within values quotes are
 * escaped, so the pattern finds names only.
 */
export function collectorFragment(fragment: string): string {
  return fragment.replaceAll(',"_', ',"')
}

function fragmentOf({ requestId, traceId, spanId }: RequestContext): string {
  // Ids of requests are checked at the door; those of jobs are whatever their author made them.
  let fragment = requestId === '' ? '' : `,"_request_id":${quote(requestId)}`
  if (traceId !== undefined) fragment += `,"_trace_id":${quote(traceId)}`
  if (spanId !== undefined) fragment += `,"_span_id":${quote(spanId)}`
  return fragment
}
