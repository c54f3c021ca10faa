import type { RequestContext } from '@keelson/core/context'
import { quote } from './json-text.ts'

/** What a line needs to know of the request that it belongs to. */
export interface RequestIds {
  readonly requestId: string
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
}

/** A request as a piece of a GELF line: `,"_request_id":"…","_trace_id":"…","_span_id":"…"`. */
export function requestFragment(ids: RequestIds): string {
  let fragment = ids.requestId === '' ? '' : `,"_request_id":${quote(ids.requestId)}`
  if (ids.traceId !== undefined) fragment += `,"_trace_id":${quote(ids.traceId)}`
  if (ids.spanId !== undefined) fragment += `,"_span_id":${quote(ids.spanId)}`
  return fragment
}

/** The fragment of a context, made once and kept in the context. */
export function contextFragment(context: RequestContext): string {
  return (context.logFragment ??= requestFragment(context))
}

/**
 * A fragment as collectors want it that put the underscore before every name themselves. Within values quotes are
 * escaped, so the pattern finds names only.
 */
export function collectorFragment(fragment: string): string {
  return fragment.replaceAll(',"_', ',"')
}
