import { channel } from '@keelson/core/channels'
import { type Clock, systemClock } from '@keelson/core/clock'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import type { RequestTracer } from '@keelson/core/http'
import { createSpanMaker } from './opentelemetry-adapter.ts'
import { SpanQueue } from './span-queue.ts'

/** Options of {@link createTracing}. */
export interface TracingOptions {
  /** Name of the service, `service.name` of its spans. */
  readonly service: string
  /** @defaultValue 'unknown' */
  readonly version?: string
  /** Address of an OTLP/HTTP receiver, `http://collector:4318`; `/v1/traces` is added to it. */
  readonly endpoint: string
  /**
   * Headers of every export, for a receiver that asks for a token.
   *
   * @defaultValue none
   */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Share of the traces begun here that are kept. A caller who has decided, by the flags of its `traceparent`, is followed.
   *
   * @range 0 to 1
   * @defaultValue 1
   */
  readonly sampleRatio?: number
  /**
   * Spans that wait for the receiver at most; later ones are lost and counted.
   *
   * @defaultValue 2,048 — `OTEL_BSP_MAX_QUEUE_SIZE` of the specification, as the two below
   */
  readonly maxQueueCount?: number
  /** Spans of one export at most. @defaultValue 512 */
  readonly maxBatchCount?: number
  /** Longest time that an ended span waits for others, in milliseconds. @defaultValue 5,000 */
  readonly intervalMs?: number
  /**
   * Longest time of one export, retries included, in milliseconds. Bounds the flush at the stop too.
   *
   * @defaultValue 3,000: a receiver that is away may not take the grace period of a stop
   */
  readonly exportTimeoutMs?: number
  /** @defaultValue the real time */
  readonly clock?: Clock
}

/** Values of the options that were not given. */
export const tracingDefaults: Readonly<
  Required<
    Pick<
      TracingOptions,
      'version' | 'sampleRatio' | 'maxQueueCount' | 'maxBatchCount' | 'intervalMs' | 'exportTimeoutMs'
    >
  >
> = Object.freeze({
  version: 'unknown',
  sampleRatio: 1,
  maxQueueCount: 2_048,
  maxBatchCount: 512,
  intervalMs: 5_000,
  exportTimeoutMs: 3_000,
})

/** The traces of one service. */
export interface Tracing {
  /** Makes the spans; hand it to the server's plugin. Calls made within a request find its span by the context. */
  readonly tracer: RequestTracer
  /** Sends every span that has ended. Never rejects; takes `exportTimeoutMs` a batch at most. */
  flush(): Promise<void>
  /** Flushes, and makes no more spans that anybody sees. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Begins to trace a service: a server span for each request that the tracer is told of, a client span for each attempt
 * to call a dependency, parents and sampling by `traceparent`. Code that uses `@opentelemetry/api` finds the
 * span of its request as the active one. Spans that are lost are told on the channel `keelson.trace.lost`.
 *
 * @throws KEELSON_OTEL_OPTIONS_INVALID
 */
export function createTracing(options: TracingOptions): Tracing {
  const url = checkTracingOptions(options)
  const settings = { ...tracingDefaults, ...options }
  const { service, clock = systemClock } = settings
  const maker = createSpanMaker({
    service,
    version: settings.version,
    url,
    headers: settings.headers ?? {},
    sampleRatio: settings.sampleRatio,
    exportTimeoutMs: settings.exportTimeoutMs,
    clock,
    onEnded: (span) => queue.add(span),
  })
  const queue = new SpanQueue({
    maxQueueCount: settings.maxQueueCount,
    maxBatchCount: settings.maxBatchCount,
    intervalMs: settings.intervalMs,
    clock,
    send: maker.send,
    onLost: (count, reason, error) => {
      channel('keelson.trace.lost').publish({ service, reason, count, error })
    },
  })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= queue.close().then(() => maker.close())
    return closing
  }
  return { tracer: maker.tracer, flush: () => queue.flush(), close, [Symbol.asyncDispose]: close }
}

/** @returns the address that spans are sent to */
function checkTracingOptions(options: TracingOptions): string {
  checkOptions('KEELSON_OTEL_OPTIONS_INVALID', 'createTracing', options, {
    service: optionRules.string,
    version: optionRules.string,
    endpoint: optionRules.string,
    headers: optionRules.object,
    sampleRatio: optionRules.number({ min: 0, max: 1 }),
    maxQueueCount: optionRules.number({ min: 1, max: 1_000_000, integer: true }),
    maxBatchCount: optionRules.number({ min: 1, max: 10_000, integer: true }),
    intervalMs: optionRules.number({ min: 1, max: 60_000 }),
    exportTimeoutMs: optionRules.number({ min: 1, max: 60_000 }),
    clock: optionRules.object,
  })
  const { service, endpoint } = options
  if (service === undefined) throw invalid('service', 'the name of the service')
  const url = endpoint === undefined || !URL.canParse(endpoint) ? undefined : new URL(endpoint)
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw invalid('endpoint', 'http://… or https://…')
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`
  return url.href
}

function invalid(option: string, takes: string): KeelsonError {
  return new KeelsonError(
    'KEELSON_OTEL_OPTIONS_INVALID',
    `createTracing.${option} is missing or of no use. It takes ${takes}.`,
    { details: { path: `createTracing.${option}` } },
  )
}
