import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { subscribe } from '@keelson/core/channels'
import { runWithContext } from '@keelson/core/context'
import { accessRecord, createRequestOpener, type InboundRequest } from '@keelson/core/http'
import { createTracing, type Tracing, type TracingOptions } from '@keelson/otel'
import { context, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts'

const stack: AsyncDisposable[] = []

afterEach(async () => {
  for (const one of stack.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

/** A server without any framework whose requests are traced. */
async function setup(
  handle: (inbound: InboundRequest) => void = () => undefined,
  options: Partial<TracingOptions> = {},
): Promise<{
  receiver: OtlpReceiver
  tracing: Tracing
  get: (headers?: Readonly<Record<string, string>>) => Promise<void>
}> {
  const receiver = await startOtlpReceiver()
  const tracing = createTracing({ service: 'otel-test', endpoint: receiver.url, ...options })
  const open = createRequestOpener({ tracer: tracing.tracer })
  const ended: Promise<unknown>[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const inbound = open(request)
    inbound.response = response
    ended.push(
      once(response, 'close').then(() => inbound.span?.end(accessRecord(inbound, performance.now()))),
    )
    runWithContext(inbound, () => handle(inbound))
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  stack.push(receiver, tracing, { [Symbol.asyncDispose]: close })
  return {
    receiver,
    tracing,
    async get(headers = {}) {
      await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text()
      await expect.poll(() => ended.length).toBeGreaterThan(0)
      await Promise.all(ended)
    },
  }
}

const attempt = {
  dependency: 'catalog',
  method: 'GET',
  template: '/videos/{id}',
  host: 'catalog',
  port: 8080,
}

describe('createTracing', () => {
  test("lets code that uses OpenTelemetry's API find the span of its request, and calls find its span", async () => {
    let ids: unknown
    const { receiver, tracing, get } = await setup((inbound) => {
      ids = trace.getActiveSpan()?.spanContext().spanId
      trace.getTracer('own').startActiveSpan('own work', (own) => {
        inbound.span?.startAttempt({ ...attempt, retry: 2 }).end(undefined, new TypeError('secret'))
        own.end()
      })
    })
    await get()
    expect(trace.getSpan(context.active())).toBeUndefined()
    await tracing.flush()
    const of = (name: string) => receiver.spans.find((span) => span.name === name)
    expect(receiver.spans).toHaveLength(3)
    expect(of('GET')?.spanId).toBe(ids)
    expect(of('own work')?.parentSpanId).toBe(ids)
    expect(of('GET /videos/{id}')).toMatchObject({
      parentSpanId: of('own work')?.spanId,
      status: 2,
      attributes: { 'error.type': 'TypeError', 'http.request.resend_count': 2 },
    })
    expect(JSON.stringify(receiver.spans)).not.toContain('secret')
  })

  test('keeps the share of its own traces that was asked for, and all of a caller who keeps them', async () => {
    const { receiver, tracing, get } = await setup(undefined, { sampleRatio: 0 })
    for (let request = 0; request < 5; request++) await get()
    await get({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })
    await tracing.flush()
    expect(receiver.spans.map(({ traceId }) => traceId)).toEqual(['0af7651916cd43dd8448eb211c80319c'])
  })

  test('takes no malformed parent', async () => {
    const { receiver, tracing, get } = await setup()
    await get({ traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' })
    await tracing.flush()
    expect(receiver.spans).toHaveLength(1)
    expect(receiver.spans[0]?.parentSpanId ?? '').toBe('')
    expect(receiver.spans[0]?.traceId).not.toMatch(/^0+$/)
  })

  test('tells of spans that a receiver refuses, and closes', async () => {
    const lost: object[] = []
    const stop = subscribe('keelson.trace.lost', ({ service, count, reason }) =>
      lost.push({ service, count, reason }),
    )
    const { receiver, tracing, get } = await setup(undefined, { exportTimeoutMs: 500 })
    receiver.status = 400
    await get()
    await tracing.close()
    stop()
    expect(lost).toEqual([{ service: 'otel-test', count: 1, reason: 'export-failed' }])
    expect(trace.getTracer('own').startSpan('after the end').isRecording()).toBe(false)
    await get()
    expect(receiver.spans).toEqual([])
  })
})
