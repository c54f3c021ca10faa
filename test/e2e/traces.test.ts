import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from '../../packages/otel/test/otlp-receiver.ts'
import { repositoryRoot } from '../../scripts/repository.ts'
import {
  findFreePort,
  launchService,
  patientCalls,
  type ServiceProcess,
  startCatalog,
  startDelivery,
} from './service-process.ts'

const server = 2
const client = 3
const callersSpan = 'b7ad6b7169203331'

function traceparent(traceId: string, flags = '01'): Readonly<Record<string, string>> {
  return { traceparent: `00-${traceId}-${callersSpan}-${flags}` }
}

describe('traces of the example', () => {
  const stack = new AsyncDisposableStack()
  let receiver: OtlpReceiver
  let catalog: ServiceProcess
  let delivery: ServiceProcess
  let ends: readonly (number | null)[]

  const kept = '0af7651916cd43dd8448eb211c80319c'
  const notKept = '1af7651916cd43dd8448eb211c80319c'

  beforeAll(async () => {
    receiver = stack.use(await startOtlpReceiver())
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20b' }
    catalog = stack.use(await startCatalog({ ...env, CATALOG__DELAY: '0' }))
    delivery = stack.use(await startDelivery(catalog.url, { ...env, ...patientCalls }))
    await fetch(`${delivery.url}/videos/1?secret=1`, { headers: traceparent(kept) })
    await fetch(`${delivery.url}/videos/2`, { headers: traceparent(notKept, '00') })
    await fetch(`${delivery.url}/videos/3`)
    await fetch(`${delivery.url}/videos/nobody`, { headers: { 'x-request-id': 'not-found-1' } })
    // The interval of exports is 5 s: what comes now comes from the flush of the stop.
    for (const service of [delivery, catalog]) service.process.signal('SIGTERM')
    ends = await Promise.all([delivery, catalog].map(async (one) => (await one.process.exited()).code))
  })

  afterAll(() => stack.disposeAsync())

  function spanOf(service: string, kind: number, traceId: string): ReceivedSpan {
    const found = receiver.spans.filter(
      (span) => span.service === service && span.kind === kind && span.traceId === traceId,
    )
    expect(found).toHaveLength(1)
    return found[0] as ReceivedSpan // one, as was just seen
  }

  it('reach the receiver at the stop, which ends cleanly', () => {
    expect(ends).toEqual([0, 0])
    expect(receiver.requests.length).toBeGreaterThan(0)
    for (const { path, headers } of receiver.requests) {
      expect(path).toBe('/v1/traces')
      expect(headers['x-token']).toBe('a b')
    }
  })

  it('lead from the caller through both services', () => {
    const inDelivery = spanOf('delivery', server, kept)
    const call = spanOf('delivery', client, kept)
    const inCatalog = spanOf('catalog', server, kept)
    expect(inDelivery).toMatchObject({
      parentSpanId: callersSpan,
      name: 'GET /videos/:id',
      status: 0,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/videos/:id',
        'http.response.status_code': 200,
        'url.path': '/videos/1',
      },
    })
    expect(call).toMatchObject({
      parentSpanId: inDelivery.spanId,
      name: 'GET /videos/{id}',
      attributes: {
        'peer.service': 'catalog',
        'server.address': '127.0.0.1',
        'server.port': catalog.port,
        'http.response.status_code': 200,
      },
    })
    expect(inCatalog).toMatchObject({ parentSpanId: call.spanId, name: 'GET /videos/:id' })
    expect(inDelivery.endMs).toBeGreaterThanOrEqual(call.endMs - 1)
    expect(call.startMs).toBeGreaterThanOrEqual(inDelivery.startMs)
    expect(JSON.stringify(receiver.spans)).not.toContain('secret')
  })

  it('have the ids of the log lines, with a caller who traces and without', () => {
    for (const service of [delivery, catalog]) {
      const access = service.lines((line) => line['_route'] === '/videos/:id' && line['_status'] === 200)
      expect(access).toHaveLength(3)
      for (const { _trace_id: traceId, _span_id: spanId } of access) {
        if (traceId === notKept) continue
        const name = service === delivery ? 'delivery' : 'catalog'
        expect(spanOf(name, server, String(traceId)).spanId).toBe(spanId)
      }
    }
    const served = delivery.lines((line) => line['short_message'] === 'served' && line['_video'] === '3')
    expect(served).toHaveLength(1)
    const root = spanOf('delivery', server, String(served[0]?.['_trace_id']))
    expect(root.parentSpanId ?? '').toBe('')
    expect(root.spanId).toBe(served[0]?.['_span_id'])
  })

  it('are not kept where the caller does not keep them, and lines have their ids all the same', () => {
    expect(receiver.spans.filter(({ traceId }) => traceId === notKept)).toEqual([])
    expect(catalog.lines((line) => line['_trace_id'] === notKept)).not.toEqual([])
  })

  it('say that an answer with 404 is an error for the client and none for the server', () => {
    const missed = receiver.spans.filter(
      ({ attributes }) =>
        attributes['http.response.status_code'] === 404 && attributes['http.route'] !== undefined,
    )
    expect(missed.length).toBeGreaterThanOrEqual(2)
    expect(missed.every(({ kind, status }) => kind === server && status === 0)).toBe(true)
    expect(
      receiver.spans.filter(
        ({ kind, attributes }) => kind === client && attributes['http.response.status_code'] === 404,
      ),
    ).toMatchObject([{ status: 2, attributes: { 'error.type': '404' } }])
    expect(missed.some(({ attributes }) => attributes['keelson.request_id'] === 'not-found-1')).toBe(true)
  })
})

describe('a receiver of traces', () => {
  it('that is away costs no request and not the stop, and what is lost is counted', async () => {
    await using catalog = await startCatalog({
      CATALOG__DELAY: '0',
      ADMISSION__BACKLOG: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await findFreePort()}`,
    })
    // What admission sheds is another test's.
    for (let round = 0; round < 60; round++) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => fetch(`${catalog.url}/videos/1`).then(({ status }) => status)),
      )
      expect(new Set(answers)).toEqual(new Set([200]))
    }
    // A full batch has left, and is given up after the time of one export.
    const lost = async () => {
      const page = await (await fetch(`${catalog.opsUrl}/metrics`)).text()
      return Number(/^keelson_trace_spans_lost_total\{reason="export-failed"\} (\d+)$/m.exec(page)?.[1])
    }
    await expect.poll(lost, { timeout: 20_000 }).toBeGreaterThanOrEqual(512)
    catalog.process.signal('SIGTERM')
    expect(await catalog.process.exited()).toEqual({ code: 0, signal: null })
  })

  it('that is named while the package is missing ends the start with one message', async () => {
    await using service = launchService({
      main: 'examples/minimal/src/main.ts',
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' },
      nodeArgs: [`--import=${join(repositoryRoot, 'test/e2e/no-otel.mjs')}`],
    })
    expect(await service.exited()).toEqual({ code: 78, signal: null })
    const output = [...service.stdout, ...service.stderr].join('\n')
    expect(output).toContain('otel.endpoint is set, and the package @keelson/otel is not installed')
    expect(output).not.toContain('    at ')
  })

  it('whose headers cannot be read ends the start too, and shows none of them', async () => {
    await using service = launchService({
      main: 'examples/minimal/src/main.ts',
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_EXPORTER_OTLP_HEADERS: 'canary' },
    })
    expect(await service.exited()).toEqual({ code: 78, signal: null })
    const output = [...service.stdout, ...service.stderr].join('\n')
    expect(output).toContain('otel.headers')
    expect(output).not.toContain('canary')
  })
})
