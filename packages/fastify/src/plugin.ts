import { channel } from '@keelson/core/channels'
import { systemClock, type Clock } from '@keelson/core/clock'
import { currentContext, runWithContext } from '@keelson/core/context'
import { checkOptions, optionRules } from '@keelson/core/errors'
import {
  accessRecord,
  createRequestOpener,
  isFirstRequest,
  type RequestTracer,
  type ServerDrain,
} from '@keelson/core/http'
import type { Log } from '@keelson/log'
import type { Metrics } from '@keelson/metrics'
import { Admission, type AdmissionOptions, isDurationSample } from '@keelson/resilience/admission'
import type { FastifyInstance } from 'fastify'
import { createDoor } from './admission-door.ts'
import { createInboundReader } from './inbound.ts'
import { giveLog, routeLogOf, type RouteLog } from './app-log.ts'
import { replyNotFound, replyWithError } from './error-reply.ts'
import { keepUsualRules } from './lazy-compilers.ts'
import { RouteEndings } from './route-endings.ts'

/** What the plugin is given. Every part may be left out; what belongs to it is then left out too. */
export interface KeelsonPluginOptions {
  /** Name of the service, for the facts that are published. */
  readonly service: string
  /** Writes the access lines and gives `request.log` the request id. */
  readonly log?: Log
  /** Counts and times requests. */
  readonly metrics?: Metrics
  /** Learns of every request, so that none is lost at the stop. */
  readonly drain?: ServerDrain
  /**
   * Networks whose deadline, criticality and forwarded headers are believed.
   *
   * @defaultValue `['loopback', 'private']`
   */
  readonly trusted?: readonly string[]
  /** Makes a span for each request; `createTracing` of `@keelson/otel` gives one. @defaultValue none are made */
  readonly tracer?: RequestTracer
  /** Which requests are let in: bounds, or an admission that somebody else holds, to change its bounds or to share it. */
  readonly admission?: AdmissionOptions | Admission
  /**
   * Run handlers in the context of their request, so that lines and calls anywhere in them carry its id. Without it only
   * `request.log` does, and calls to other services must be given the id.
   *
   * @defaultValue true
   */
  readonly context?: boolean
  readonly clock?: Clock
}

/** How a route wants to be treated; goes into the route's `config`. */
export interface KeelsonRouteConfig {
  /** Write an access line only when the answer is a failure: for probes and scrapes. */
  readonly silent?: boolean
  /** Never refuse a request: for probes, scrapes and operators, and for routes whose requests take as long as they like. */
  readonly exempt?: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    keelson?: KeelsonRouteConfig
  }
}

const endingsKey = Symbol('keelson.endings')
const routeLogKey = Symbol('keelson.route-log')

/**
 * Gives an app request ids, request context, access lines, request series, admission and problem-details errors.
 * Works on the whole app, whatever plugin registers a route; call it before routes are added, since Fastify adds hooks
 * to later routes only. {@link keelsonPlugin} is the same for `app.register`.
 *
 * @throws KEELSON_FASTIFY_OPTIONS_INVALID, KEELSON_ADMISSION_OPTIONS_INVALID, KEELSON_HTTP_OPTIONS_INVALID
 */
export function installKeelson(app: FastifyInstance, options: KeelsonPluginOptions): void {
  checkOptions('KEELSON_FASTIFY_OPTIONS_INVALID', 'keelsonPlugin', options, optionTable)
  const { service, log, metrics, drain, context = true, clock = systemClock } = options
  const open = createRequestOpener({
    clock,
    log,
    tracer: options.tracer,
    ...(options.trusted === undefined ? {} : { trusted: options.trusted }),
  })
  const admission =
    options.admission instanceof Admission
      ? options.admission
      : new Admission({ clock, ...options.admission })
  const door = createDoor(service, admission)
  const unmatched = new RouteEndings(undefined, { log, metrics, admission, silent: false })
  const completed = channel('keelson.request.completed')

  const inboundFor = createInboundReader(open)

  keepUsualRules(app)
  app.setGenReqId((raw) => inboundFor(raw).requestId)
  const bindLog = log === undefined ? undefined : giveLog(app, log, inboundFor)
  app.setErrorHandler(replyWithError)
  app.setNotFoundHandler(replyNotFound)

  app.addHook('onRoute', (route) => {
    const endings = new RouteEndings(route.url, {
      log,
      metrics,
      admission: route.config?.keelson?.exempt === true ? undefined : admission,
      silent: route.config?.keelson?.silent ?? false,
    })
    // The symbols are ours alone; Fastify copies them with the rest of the configuration.
    route.config = Object.assign({}, route.config, {
      [endingsKey]: endings,
      [routeLogKey]: routeLogOf(route, log),
    })
  })

  app.addHook('onRequest', (request, reply, done) => {
    const inbound = inboundFor(request.raw)
    const response = reply.raw
    inbound.response = response
    reply.header('x-request-id', inbound.requestId)
    const config = request.routeOptions.config as RouteNotes // put there by the hook above
    const ending = (config[endingsKey] ?? unmatched).of(request.method)
    inbound.route = ending.route
    bindLog?.(request, reply, inbound, config[routeLogKey])

    const limit = ending.limit
    const isFirst = limit !== undefined && admission.isSaturated && isFirstRequest(request.raw)
    const verdict = limit === undefined ? undefined : admission.admit(inbound, limit, isFirst)
    let startedAtMs = verdict === undefined ? inbound.startedAtMs : undefined
    metrics?.requests.inFlight.inc()
    drain?.track(inbound, response)
    response.on('close', () => {
      drain?.release(response)
      metrics?.requests.inFlight.dec()
      const nowMs = clock.monotonic()
      const record = accessRecord(inbound, nowMs, reply.getHeader('content-length'))
      if (record.aborted) inbound.abort(new Error('The caller has left.'))
      if (limit !== undefined && startedAtMs !== undefined) {
        admission.end(limit, nowMs, nowMs - startedAtMs, isDurationSample(record))
      }
      ending.complete(record)
      inbound.span?.end(record)
      if (completed.hasSubscribers) {
        const { requestId, method, route, statusCode, durationMs, aborted } = record
        completed.publish({ service, requestId, method, route, statusCode, durationMs, aborted })
      }
    })

    if (verdict === undefined) {
      if (limit !== undefined) admission.begin(limit)
      if (context) runWithContext(inbound, done)
      else done()
    } else if (verdict !== 'later') {
      door.refuse(inbound, request, reply, verdict)
    } else if (limit !== undefined) {
      door.queue(inbound, limit, reply, isFirst, (waitedMs) => {
        startedAtMs = inbound.startedAtMs + waitedMs
        admission.begin(limit)
        if (context) runWithContext(inbound, done)
        else done()
      })
    }
  })
  if (!context) return

  // A body arrives by events of the socket, which belong to no request: what follows it needs the context again.
  app.addHook('preValidation', (request, _reply, done) => {
    const inbound = inboundFor(request.raw)
    if (currentContext() === inbound) done()
    else runWithContext(inbound, done)
  })
}

/**
 * {@link installKeelson} as a Fastify plugin: `await app.register(keelsonPlugin, { service: 'delivery' })`.
 * It does not encapsulate: the whole app has it.
 */
export const keelsonPlugin: KeelsonPlugin = Object.assign(
  (app: FastifyInstance, options: KeelsonPluginOptions, done: () => void) => {
    installKeelson(app, options)
    done()
  },
  { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@keelson/fastify' },
)

/** Type of {@link keelsonPlugin}. */
export type KeelsonPlugin = (app: FastifyInstance, options: KeelsonPluginOptions, done: () => void) => void

/** What a route's configuration carries for us. */
interface RouteNotes {
  readonly [endingsKey]?: RouteEndings
  readonly [routeLogKey]?: RouteLog | undefined
}

const optionTable = {
  service: optionRules.string,
  log: optionRules.object,
  metrics: optionRules.object,
  drain: optionRules.object,
  trusted: optionRules.array,
  tracer: optionRules.object,
  admission: optionRules.object,
  context: optionRules.boolean,
  clock: optionRules.object,
}
