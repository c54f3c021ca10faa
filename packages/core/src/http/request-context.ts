import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock, type Clock } from '../clock/index.ts'
import type { Criticality, RequestContext } from '../context/index.ts'
import { LoopLag } from './loop-lag.ts'
import { requestIdOf } from './request-id.ts'
import type { RequestSpan, RequestTracer } from './request-tracer.ts'
import { parseTraceparent, type TraceParent } from './traceparent.ts'
import { createNetworkTest, type NetworkTest } from './trusted-networks.ts'

/** How inbound requests are read. */
export interface InboundOptions {
  /**
   * Networks whose deadline, criticality and forwarded address are believed.
   *
   * @defaultValue `['loopback', 'private']` — callers inside the cluster; an ingress there is expected to set these headers itself
   */
  readonly trusted?: readonly string[]
  readonly clock?: Clock
  /** Log of the service that takes the requests, for `logger()` of `@keelson/log`. */
  readonly log?: object | undefined
  /** Makes a span for each request. @defaultValue none are made */
  readonly tracer?: RequestTracer | undefined
}

/** Defaults of {@link InboundOptions}. */
export const inboundDefaults: { readonly trusted: readonly string[] } = Object.freeze({
  trusted: Object.freeze(['loopback', 'private']),
})

/**
 * One inbound request from its first header to its last byte: the context that logs, metrics and outgoing calls see.
 * Fields are all set at construction and in one order, so that every request has the same shape for the engine.
 */
export class InboundRequest implements RequestContext {
  readonly requestId: string
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly traceFlags: string | undefined
  readonly traceState: string | undefined
  readonly deadline: number | undefined
  readonly criticality: Criticality | undefined
  /** Monotonic milliseconds at which the request was seen. */
  readonly startedAtMs: number
  readonly remoteIp: string
  readonly request: IncomingMessage
  /** Set by the bridge as soon as there is one. */
  response: ServerResponse | undefined
  /** Template of the matched route, `/videos/:id`; set by the bridge. */
  route: string | undefined
  logFragment: string | undefined
  readonly log: object | undefined
  /** Set where this process traces; whoever opened the request ends it. */
  readonly span: RequestSpan | undefined
  #abort: AbortController | undefined

  constructor(
    request: IncomingMessage,
    startedAtMs: number,
    requestId: string,
    remoteIp: string,
    trust: TrustedHeaders,
    log: object | undefined,
    span: RequestSpan | undefined,
  ) {
    this.requestId = requestId
    const ids = span ?? trust
    this.traceId = ids.traceId
    this.spanId = ids.spanId
    this.traceFlags = ids.traceFlags
    this.traceState = trust.traceState
    this.deadline = trust.deadline
    this.criticality = trust.criticality
    this.startedAtMs = startedAtMs
    this.remoteIp = remoteIp
    this.request = request
    this.response = undefined
    this.route = undefined
    this.logFragment = undefined
    this.log = log
    this.span = span
    this.#abort = undefined
  }

  /** Aborted when the caller is gone or the service cuts the request; made at first use, since few requests need it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  /** Aborts {@link InboundRequest.signal}, if anybody ever asked for it. */
  abort(reason: unknown): void {
    this.#abort?.abort(reason)
  }
}

/** Opens inbound requests; one per server. */
export type RequestOpener = (request: IncomingMessage) => InboundRequest

/**
 * Makes the function that reads the headers of every inbound request once, at the border.
 *
 * @throws KEELSON_HTTP_OPTIONS_INVALID when `trusted` holds something that is no network
 */
export function createRequestOpener(options: InboundOptions = {}): RequestOpener {
  const isTrusted = createNetworkTest(options.trusted ?? inboundDefaults.trusted)
  const { clock = systemClock, log, tracer } = options
  const lag = new LoopLag(clock)
  return (request) => {
    const headers = request.headers
    const peer = request.socket.remoteAddress ?? ''
    const trusted = isTrusted(peer)
    const trust = readHeaders(request, trusted, clock, lag)
    return new InboundRequest(
      request,
      clock.monotonic(),
      requestIdOf(headers['x-request-id']),
      trusted && headers['x-forwarded-for'] !== undefined
        ? forwardedAddress(headers['x-forwarded-for'], peer, isTrusted)
        : peer,
      trust,
      log,
      tracer?.startRequest(request, parentOf(trust)),
    )
  }
}

interface TrustedHeaders {
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly traceFlags: string | undefined
  readonly traceState: string | undefined
  readonly deadline: number | undefined
  readonly criticality: Criticality | undefined
}

const nothing: TrustedHeaders = Object.freeze({
  traceId: undefined,
  spanId: undefined,
  traceFlags: undefined,
  traceState: undefined,
  deadline: undefined,
  criticality: undefined,
})

function parentOf({ traceId, spanId, traceFlags }: TrustedHeaders): TraceParent | undefined {
  if (traceId === undefined || spanId === undefined || traceFlags === undefined) return undefined
  return { traceId, spanId, flags: traceFlags }
}

function readHeaders(request: IncomingMessage, trusted: boolean, clock: Clock, lag: LoopLag): TrustedHeaders {
  const headers = request.headers
  const traceparent = headers['traceparent']
  const timeout = trusted ? headers['x-request-timeout-ms'] : undefined
  const criticality = trusted ? headers['x-criticality'] : undefined
  if (traceparent === undefined && timeout === undefined && criticality === undefined) return nothing
  const trace = parseTraceparent(traceparent)
  return {
    traceId: trace?.traceId,
    spanId: trace?.spanId,
    traceFlags: trace?.flags,
    traceState: trace === undefined ? undefined : traceStateOf(headers['tracestate']),
    deadline: deadlineOf(timeout, clock, lag),
    criticality:
      criticality === 'critical' || criticality === 'default' || criticality === 'sheddable'
        ? criticality
        : undefined,
  }
}

/** Longest `tracestate` that is passed on, in characters: what W3C Trace Context 2, §3.3.1.5 asks for at least. */
const maxTraceStateLength = 512

/** Nothing that could end a header or be read as another: printable ASCII. A longer list may be dropped as a whole, §3.3.1.5. */
function traceStateOf(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.join(',')
  if (text === undefined || text.length > maxTraceStateLength) return undefined
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined
}

/** Remaining milliseconds as the caller sees them, less what passed while nobody read them, become an absolute moment; ten digits are 115 days, more is nonsense. */
function deadlineOf(
  timeoutMs: string | readonly string[] | undefined,
  clock: Clock,
  lag: LoopLag,
): number | undefined {
  return typeof timeoutMs === 'string' && /^\d{1,10}$/.test(timeoutMs)
    ? clock.now() + Number(timeoutMs) - lag.valueMs
    : undefined
}

/**
 * The nearest hop that is not ours, read from the right: everything left of it was written by somebody we do not know.
 */
function forwardedAddress(header: string | readonly string[], peer: string, isTrusted: NetworkTest): string {
  const hops = (typeof header === 'string' ? header : header.join(',')).split(',')
  let address = peer
  for (let index = hops.length - 1; index >= 0; index--) {
    const hop = (hops[index] as string).trim() // the index is within the list
    if (!/^[0-9a-fA-F.:]{2,45}$/.test(hop)) return address
    address = hop
    if (!isTrusted(hop)) return address
  }
  return address
}
