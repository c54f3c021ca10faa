import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@keelson/core/clock'
import { type AttemptFacts, type AttemptSpan, currentContext } from '@keelson/core/context'
import { isKeelsonError } from '@keelson/core/errors'
import type { AccessRecord, RequestSpan, RequestTracer, TraceParent } from '@keelson/core/http'
import {
  type Context,
  context as globalContext,
  type ContextManager,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  ParentBasedSampler,
  type ReadableSpan,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'

/** What the spans of a service are made with. */
export interface SpanMakerOptions {
  readonly service: string
  readonly version: string
  /** Where they are sent to, path included. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly sampleRatio: number
  readonly exportTimeoutMs: number
  readonly clock: Clock
  /** Told of every span that is kept, once it has ended. */
  readonly onEnded: (span: EndedSpan) => void
}

/** A span that has ended, for {@link SpanMaker.send} alone. */
export type EndedSpan = ReadableSpan

/** OpenTelemetry, as far as this package uses it. */
export interface SpanMaker {
  readonly tracer: RequestTracer
  /** Rejects when the receiver did not take the spans. */
  readonly send: (spans: readonly EndedSpan[]) => Promise<void>
  close(): Promise<void>
}

/** Makes spans and sends them; the only file that knows OpenTelemetry. */
export function createSpanMaker(options: SpanMakerOptions): SpanMaker {
  const { service, version, url, headers, sampleRatio, exportTimeoutMs, clock, onEnded } = options
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: exportTimeoutMs })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [handingOn(onEnded)],
  })
  const spans: SpanSource = { tracer: provider.getTracer('@keelson/otel'), clock }
  const leaveGlobals = enterGlobals(provider)
  return {
    tracer: { startRequest: (request, parent) => new ServerSpan(spans, request, parent) },
    send: (batch) =>
      new Promise((resolve, reject) => {
        exporter.export([...batch], ({ code, error }) => {
          const result: number = code
          if (result === taken) resolve()
          else reject(error ?? new Error('The receiver of traces did not take them.'))
        })
      }),
    async close() {
      leaveGlobals()
      await exporter.shutdown()
    },
  }
}

/** `ExportResultCode.SUCCESS`: the enumeration of `@opentelemetry/core` would be one more dependency. */
const taken: number = 0

interface SpanSource {
  readonly tracer: Tracer
  readonly clock: Clock
}

/** The span of an inbound request, and the context that OpenTelemetry's own API finds it by. */
class ServerSpan implements RequestSpan {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: string
  readonly context: Context
  readonly #source: SpanSource
  readonly #span: Span
  readonly #startedAtMs: number

  constructor(source: SpanSource, request: IncomingMessage, parent: TraceParent | undefined) {
    const { method = '' } = request
    this.#source = source
    this.#startedAtMs = source.clock.now()
    this.#span = source.tracer.startSpan(
      method,
      {
        kind: SpanKind.SERVER,
        startTime: this.#startedAtMs,
        attributes: {
          'http.request.method': method,
          'url.scheme': 'encrypted' in request.socket ? 'https' : 'http',
          'network.protocol.version': request.httpVersion,
        },
      },
      parent === undefined ? ROOT_CONTEXT : remote(parent),
    )
    this.context = trace.setSpan(ROOT_CONTEXT, this.#span)
    const { traceId, spanId, traceFlags } = idsOf(this.#span)
    this.traceId = traceId
    this.spanId = spanId
    this.traceFlags = traceFlags
  }

  startAttempt(facts: AttemptFacts): AttemptSpan {
    const active = globalContext.active()
    // A span that the service's own code has begun in this request is nearer.
    const isNearer = trace.getSpanContext(active)?.traceId === this.traceId
    return new ClientSpan(this.#source, facts, isNearer ? active : this.context)
  }

  end(record: AccessRecord): void {
    const { method, route, url, statusCode, durationMs, requestId, remoteIp, userAgent, aborted } = record
    const span = this.#span
    if (span.isRecording()) {
      span.updateName(route === undefined ? method : `${method} ${route}`)
      span.setAttributes({
        'url.path': url,
        'http.response.status_code': statusCode,
        'client.address': remoteIp,
        'keelson.request_id': requestId,
        ...(route === undefined ? {} : { 'http.route': route }),
        ...(userAgent === undefined ? {} : { 'user_agent.original': userAgent }),
        ...(aborted ? { 'keelson.aborted': true } : {}),
      })
      // Below 500 the caller was wrong, which is no error of a server (semantic conventions for HTTP spans).
      if (statusCode >= 500) {
        span.setAttribute('error.type', String(statusCode))
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
    }
    span.end(this.#startedAtMs + durationMs)
  }
}

/** The span of one attempt. */
class ClientSpan implements AttemptSpan {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: string
  readonly #clock: Clock
  readonly #span: Span
  readonly #startedAtMs: number
  readonly #startedAt: number

  constructor({ tracer, clock }: SpanSource, facts: AttemptFacts, parent: Context) {
    const { dependency, method, template, host, port, retry } = facts
    this.#clock = clock
    this.#startedAtMs = clock.now()
    this.#startedAt = clock.monotonic()
    this.#span = tracer.startSpan(
      `${method} ${template}`,
      {
        kind: SpanKind.CLIENT,
        startTime: this.#startedAtMs,
        attributes: {
          'http.request.method': method,
          'url.template': template,
          'server.address': host,
          'server.port': port,
          'peer.service': dependency,
          ...(retry === 0 ? {} : { 'http.request.resend_count': retry }),
        },
      },
      parent,
    )
    const { traceId, spanId, traceFlags } = idsOf(this.#span)
    this.traceId = traceId
    this.spanId = spanId
    this.traceFlags = traceFlags
  }

  end(statusCode: number | undefined, error?: unknown): void {
    const span = this.#span
    if (span.isRecording()) {
      if (statusCode !== undefined) span.setAttribute('http.response.status_code', statusCode)
      // For a client an answer from 400 on is an error too (semantic conventions for HTTP spans).
      if (error !== undefined || (statusCode ?? 0) >= 400) {
        span.setAttribute('error.type', errorType(statusCode, error))
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
    }
    span.end(this.#startedAtMs + (this.#clock.monotonic() - this.#startedAt))
  }
}

/** The status where there is one, else the code of the error: few values, and no message that might hold a secret. */
function errorType(statusCode: number | undefined, error: unknown): string {
  if (statusCode !== undefined && statusCode >= 400) return String(statusCode)
  if (isKeelsonError(error)) return error.code
  return error instanceof Error ? error.name : '_OTHER'
}

function idsOf(span: Span): { traceId: string; spanId: string; traceFlags: string } {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { traceId, spanId, traceFlags: traceFlags.toString(16).padStart(2, '0') }
}

function remote({ traceId, spanId, flags }: TraceParent): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  })
}

/** A processor that only hands ended spans on: queue and export are this package's own. */
function handingOn(onEnded: (span: EndedSpan) => void): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd(span) {
      // Recorded but not sampled does not occur with these samplers; a service's own might.
      if ((span.spanContext().traceFlags & 1) === 1) onEnded(span)
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}

/**
 * Lets `@opentelemetry/api` of the service's own code find our spans, unless somebody has set it up before: the first
 * service of a process, or an SDK of its own.
 *
 * @returns takes it back
 */
function enterGlobals(provider: TracerProvider): () => void {
  const manager = new AmbientContextManager()
  const hasContext = globalContext.setGlobalContextManager(manager)
  const hasTracer = trace.setGlobalTracerProvider(provider)
  return () => {
    if (hasContext) globalContext.disable()
    if (hasTracer) trace.disable()
  }
}

/** Contexts that code opens by OpenTelemetry's API, over the span of the request that it runs for. */
class AmbientContextManager implements ContextManager {
  readonly #opened = new AsyncLocalStorage<Context>()

  active(): Context {
    const opened = this.#opened.getStore()
    if (opened !== undefined) return opened
    const span = currentContext()?.span
    return span instanceof ServerSpan ? span.context : ROOT_CONTEXT
  }

  with<Arguments extends unknown[], Result>(
    opened: Context,
    fn: (...args: Arguments) => Result,
    thisArg?: unknown,
    ...args: Arguments
  ): Result {
    return this.#opened.run(opened, () => fn.apply(thisArg, args))
  }

  bind<Target>(opened: Context, target: Target): Target {
    if (typeof target !== 'function') return target
    const bound = (...args: unknown[]) =>
      this.#opened.run(opened, () => Reflect.apply(target, undefined, args) as unknown)
    return bound as Target // the same parameters and result, since it only passes them on
  }

  enable(): this {
    return this
  }

  disable(): this {
    this.#opened.disable()
    return this
  }
}
