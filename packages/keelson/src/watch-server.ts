import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { runWithContext } from '@keelson/core/context'
import { accessRecord, createRequestOpener, type RequestTracer, type ServerDrain } from '@keelson/core/http'
import type { RouteEndings } from '@keelson/fastify/route-endings'
import type { Log } from '@keelson/log'
import type { Metrics } from '@keelson/metrics'
import type { AttachDoor } from './attach-door.ts'

/** Gives the template of the route that answered a request, or `undefined` when none is known. */
export type RouteOf = (request: IncomingMessage) => string | undefined

/** What the requests of a server are told to. */
export interface WatchOptions {
  readonly drain: ServerDrain
  readonly metrics: Metrics
  /** Log of the service, for what finds it by the context of a request. */
  readonly log: Log
  /** Networks whose deadline, criticality and forwarded headers are believed. */
  readonly trusted: readonly string[]
  /** Makes the endings of a route. */
  readonly endingsOf: (route: string | undefined) => RouteEndings
  readonly routeOf?: RouteOf
  /** Makes a span for each request. */
  readonly tracer: RequestTracer | undefined
  readonly door: AttachDoor
  /** Which requests are never refused. */
  readonly isExempt?: (request: IncomingMessage) => boolean
}

/** Routes whose endings are kept; a `routeOf` that gives paths in place of templates must not fill the memory. */
const MAX_ROUTES = 1_000

/**
 * Follows every request of a server. The server's `emit` is wrapped, since only around it can all of its listeners,
 * those that are added later too, run in the context of the request.
 */
export function watchServer(server: Server, options: WatchOptions): void {
  const { drain, metrics, log, trusted, endingsOf, routeOf = expressRoute, tracer, door, isExempt } = options
  const open = createRequestOpener({ trusted, log, tracer })
  const endings = new Map<string | undefined, RouteEndings>()
  const unmatched = endingsOf(undefined)
  const endingsFor = (route: string | undefined): RouteEndings => {
    if (route === undefined) return unmatched
    const known = endings.get(route)
    if (known !== undefined) return known
    if (endings.size >= MAX_ROUTES) return unmatched
    const made = endingsOf(route)
    endings.set(route, made)
    return made
  }

  function begin(request: IncomingMessage, response: ServerResponse, handle: () => boolean): void {
    const inbound = open(request)
    inbound.response = response
    response.setHeader('x-request-id', inbound.requestId)
    metrics.requests.inFlight.inc()
    drain.track(inbound, response)
    let endAdmission: ReturnType<AttachDoor['admit']> | undefined
    response.on('close', () => {
      drain.release(response)
      metrics.requests.inFlight.dec()
      inbound.route = routeOf(request)
      const ending = endingsFor(inbound.route).of(request.method ?? '')
      const nowMs = performance.now()
      const record = accessRecord(inbound, nowMs)
      if (record.aborted) inbound.abort(new Error('The caller has left.'))
      endAdmission?.(record, nowMs)
      ending.complete(record)
      inbound.span?.end(record)
    })
    const start = () => void runWithContext(inbound, handle)
    if (isExempt?.(request) === true) start()
    else endAdmission = door.admit(inbound, request, response, start)
  }

  const emit = server.emit.bind(server)
  server.emit = (event: string, ...values: unknown[]): boolean => {
    if (event !== 'request') return emit(event, ...values)
    // The two values of this event, as node:http documents it.
    const [request, response] = values as [IncomingMessage, ServerResponse]
    begin(request, response, () => emit(event, ...values))
    return true
  }
}

/** Express keeps the path under which a router is mounted, and the route that matched inside of it. */
function expressRoute(request: IncomingMessage): string | undefined {
  const { route, baseUrl } = request as IncomingMessage & { route?: { path?: unknown }; baseUrl?: unknown }
  if (typeof route?.path !== 'string') return undefined
  return `${typeof baseUrl === 'string' ? baseUrl : ''}${route.path}`
}
