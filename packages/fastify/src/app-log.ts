import { KeelsonError } from '@keelson/core/errors'
import type { InboundRequest } from '@keelson/core/http'
import type { Log } from '@keelson/log'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'

/** Level and serializers that a route has for itself; made once, when the route is added. */
export interface RouteLog {
  readonly level?: string
  readonly serializers?: NonNullable<RouteOptions['logSerializers']>
}

/** Gives `request.log` and `reply.log` of one request the request id. */
export type BindRequestLog = (
  request: FastifyRequest,
  reply: FastifyReply,
  inbound: InboundRequest,
  routeLog: RouteLog | undefined,
) => void

/**
 * Makes `request.log` that of the service, and `app.log` too where the app was made without a logger. Fastify that has
 * one listens to every answer for its own line and examines the logger of each request: together a tenth of all
 * instructions of a request, for lines that the access line replaces.
 *
 * @returns what must be called at the beginning of every request; `undefined` when Fastify does it by itself
 */
export function giveLog(
  app: FastifyInstance,
  log: Log,
  inboundOf: (raw: FastifyRequest['raw']) => InboundRequest,
): BindRequestLog | undefined {
  // What stands in for a logger has a single function for all levels.
  if (app.log.info === app.log.error) return giveAppLog(app, log, inboundOf)
  replaceRequestLog(app, log, inboundOf)
  return undefined
}

function giveAppLog(
  app: FastifyInstance,
  log: Log,
  inboundOf: (raw: FastifyRequest['raw']) => InboundRequest,
): BindRequestLog {
  const silent = app.log
  app.log = log.logger

  // A factory of the user's gets the logger that it would get from an app with a logger.
  // oxlint-disable-next-line typescript/unbound-method -- called with the scope that it is asked of
  const setFactory = app.setChildLoggerFactory
  app.setChildLoggerFactory = function (this: FastifyInstance, factory) {
    return setFactory.call(this, (_silent, bindings, options, raw) =>
      factory.call(this, log.forContext(inboundOf(raw)), bindings, options, raw),
    )
  }

  return (request, reply, inbound, routeLog) => {
    if (request.log !== silent) return
    const bound = log.forContext(inbound)
    request.log = routeLog === undefined ? bound : bound.child({}, routeLog)
    reply.log = request.log
  }
}

/** An app that has a logger keeps it for its own lines. */
function replaceRequestLog(
  app: FastifyInstance,
  log: Log,
  inboundOf: (raw: FastifyRequest['raw']) => InboundRequest,
): void {
  app.setChildLoggerFactory((_logger, _bindings, options, raw) => {
    const bound = log.forContext(inboundOf(raw))
    // A route with a level or serializers of its own needs a true child; all others share their parent's methods.
    return options.level === undefined && options.serializers === undefined ? bound : bound.child({}, options)
  })
}

/**
 * What a route wants for its lines, or `undefined` for the usual ones.
 *
 * @throws KEELSON_FASTIFY_OPTIONS_INVALID when there is no such level
 */
export function routeLogOf(route: RouteOptions, log: Log | undefined): RouteLog | undefined {
  const { logSerializers: serializers } = route
  const level = route.logLevel ?? ''
  if (level === '' && serializers === undefined) return undefined
  const levels = log?.logger.levels.values
  if (level !== '' && level !== 'silent' && levels !== undefined && levels[level] === undefined) {
    const allowed = [...Object.keys(levels), 'silent'].join(', ')
    throw new KeelsonError(
      'KEELSON_FASTIFY_OPTIONS_INVALID',
      `logLevel of the route ${String(route.method)} ${route.url} is ${JSON.stringify(level)}; it must be one of ${allowed}`,
    )
  }
  return { ...(level === '' ? {} : { level }), ...(serializers === undefined ? {} : { serializers }) }
}
