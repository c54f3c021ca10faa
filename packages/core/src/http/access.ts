import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { InboundRequest } from './request-context.ts'
import { type RequestIdRejection, requestIdRejection } from './request-id.ts'
import { isSampled } from './traceparent.ts'

/** What one inbound request was, once it has ended: the raw material of the access line. */
export interface AccessRecord {
  readonly requestId: string
  /** Why the caller's id was replaced by `requestId`; what was sent is shown nowhere. `undefined`: it was not. */
  readonly requestIdRejected?: RequestIdRejection | undefined
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  /** Whether the trace is kept: only then an exemplar leads anywhere. */
  readonly traceSampled?: boolean
  readonly method: string
  /** Template of the route, `/videos/:id`; `undefined` when none matched. */
  readonly route: string | undefined
  /** Path as sent by the caller, without the query. */
  readonly url: string
  readonly statusCode: number
  readonly durationMs: number
  /** Size of the request body as announced by the caller, 0 when unknown. */
  readonly bytesIn: number
  /** Size of the answer's body, 0 when unknown. */
  readonly bytesOut: number
  readonly remoteIp: string
  /** Cut at 256 characters. */
  readonly userAgent: string | undefined
  /** The caller left before the answer was complete. */
  readonly aborted: boolean
}

/** Longest user agent in an access line, in characters. */
const MAX_USER_AGENT = 256

/** Status of an aborted request whose answer had not begun, as nginx writes it in its own access log. */
const CLIENT_CLOSED_REQUEST = 499

/**
 * Sums an ended request up. Called once, when the response has closed.
 *
 * @param endedAtMs monotonic milliseconds
 * @param contentLength of the answer, where the framework knows it better than `node:http`
 */
export function accessRecord(
  inbound: InboundRequest,
  endedAtMs: number,
  contentLength: number | string | readonly string[] | undefined = inbound.response?.getHeader(
    'content-length',
  ),
): AccessRecord {
  const { request, response } = inbound
  const aborted = response === undefined || !isWhole(request, response)
  const url = request.url ?? ''
  const query = url.indexOf('?')
  const userAgent = request.headers['user-agent']
  return {
    requestId: inbound.requestId,
    requestIdRejected: requestIdRejection(request.headers['x-request-id'], inbound.requestId),
    traceId: inbound.traceId,
    spanId: inbound.spanId,
    traceSampled: isSampled(inbound.traceFlags),
    method: request.method ?? '',
    route: inbound.route,
    url: query === -1 ? url : url.slice(0, query),
    statusCode:
      response === undefined || (aborted && !response.headersSent)
        ? CLIENT_CLOSED_REQUEST
        : response.statusCode,
    durationMs: endedAtMs - inbound.startedAtMs,
    bytesIn: lengthOf(request.headers['content-length']),
    bytesOut: lengthOf(contentLength),
    remoteIp: inbound.remoteIp,
    userAgent:
      userAgent !== undefined && userAgent.length > MAX_USER_AGENT
        ? userAgent.slice(0, MAX_USER_AGENT)
        : userAgent,
    aborted,
  }
}

/**
 * Whether the whole answer has left. Answers over HTTP/2 call themselves finished when their stream was reset too; what
 * that was for is on the stream, 0 for its natural end (RFC 9113, section 7).
 */
function isWhole(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.httpVersionMajor !== 2) return response.writableFinished
  const { stream } = response as ServerResponse & { readonly stream?: ServerHttp2Stream } // of node:http2
  return response.writableEnded && stream?.rstCode === 0
}

function lengthOf(header: string | number | readonly string[] | undefined): number {
  if (typeof header === 'number') return header
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 0
}
