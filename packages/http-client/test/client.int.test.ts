import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { subscribe } from '@keelson/core/channels'
import { runWithContext } from '@keelson/core/context'
import type { KeelsonError } from '@keelson/core/errors'
import { createFaultServer, type FaultServer } from '@keelson/testing'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../src/index.ts'

let server: FaultServer
const clients: HttpClient[] = []

beforeEach(async () => {
  server = await createFaultServer()
})
afterEach(async () => {
  await server.close()
  for (const client of clients.splice(0)) await client.close()
})

function make(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({
    service: 'delivery',
    dependency: 'catalog',
    target: server.url,
    ...options,
  })
  clients.push(client)
  return client
}

async function failure(call: Promise<unknown>): Promise<KeelsonError> {
  const outcome = await call.then(
    () => new Error('The call succeeded.'),
    (error: unknown) => error,
  )
  return outcome as KeelsonError // every assertion below is on its code
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const Video = v.object({ id: v.string(), title: v.string() })

describe('a call', () => {
  it('sends method, path, query, headers and body, and gives the body of the answer', async () => {
    server.behave({ body: { id: '7' } })
    const client = make({ target: `${server.url}/api/` })
    const body = await client.put('/videos/{id}', {
      params: { id: 'a/b' },
      query: { page: 2 },
      headers: { 'X-Custom': 'yes' },
      body: { title: 'ä' },
    })
    expect(body).toEqual({ id: '7' })
    expect(server.requests).toMatchObject([
      {
        method: 'PUT',
        url: '/api/videos/a%2Fb?page=2',
        body: '{"title":"ä"}',
        headers: { 'content-type': 'application/json', 'x-custom': 'yes' },
      },
    ])
  })

  it('gives status and headers where they are asked for', async () => {
    server.behave({ status: 201, headers: { location: '/videos/8' }, body: { id: '8' } })
    const answer = await make().request('POST', '/videos', { body: { title: 'new' } })
    expect(answer).toMatchObject({ status: 201, headers: { location: '/videos/8' }, body: { id: '8' } })
  })

  it('gives text as text, bytes as bytes and nothing as undefined', async () => {
    const client = make()
    server.behave({ body: 'plain ä' })
    expect(await client.get('/')).toBe('plain ä')
    server.behave({ body: Buffer.from([0, 255]) })
    expect(await client.get('/')).toEqual(Buffer.from([0, 255]))
    server.behave({ status: 204, body: '' })
    expect(await client.delete('/')).toBeUndefined()
    server.behave({ body: { id: 7 } })
    expect(await client.head('/')).toBeUndefined()
  })

  it('gives what the schema makes of the body', async () => {
    server.behave({ body: { id: '7', title: 'One', surplus: true } })
    const video = await make().get('/videos/{id}', { params: { id: 7 }, response: Video })
    expect(video).toEqual({ id: '7', title: 'One' })
  })

  it('keeps its connections for the next calls', async () => {
    const client = make()
    for (let call = 0; call < 20; call++) await client.get('/')
    // One address has four groups of connections. A call that follows at once finds the first connection of its group not
    // yet free; two of each then serve any number of calls.
    expect(server.connectionCount).toBeLessThanOrEqual(8)
  })
})

describe('propagation', () => {
  const context = {
    requestId: 'abc-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    criticality: 'sheddable' as const,
  }
  const names = [
    'x-request-id',
    'traceparent',
    'x-request-timeout-ms',
    'x-criticality',
    'x-retry-attempt',
    'x-client',
  ]

  it('carries the request on to an internal dependency, each attempt as a new span with less time', async () => {
    server.behave(({ sequence }) => (sequence === 1 ? { fault: 'reset', delayMs: 30 } : {}))
    // The deadline is the shortest of its limits.
    const client = make({ timeoutMs: 60_000, attemptTimeoutMs: 60_000 })
    await runWithContext({ ...context, deadline: Date.now() + 20_000 }, () => client.get('/'))
    const [first, second] = server.requests.map(({ headers }) => headers)
    expect(first).toMatchObject({
      'x-request-id': 'abc-1',
      'x-criticality': 'sheddable',
      'x-retry-attempt': '0',
      'x-client': 'delivery',
    })
    expect(second).toMatchObject({ 'x-request-id': 'abc-1', 'x-retry-attempt': '1' })
    const left = [first, second].map((headers) => Number(headers?.['x-request-timeout-ms']))
    expect(left[0]).toBeGreaterThan(0)
    expect(left[0]).toBeLessThanOrEqual(19_990)
    expect(left[1]).toBeLessThan(left[0] ?? 0)
    const spans = [first, second].map((headers) => String(headers?.['traceparent']).split('-'))
    expect(spans.map(([, trace]) => trace)).toEqual([context.traceId, context.traceId])
    expect(new Set([...spans.map(([, , span]) => span), context.spanId]).size).toBe(3)
  })

  it('sends nothing of it to an external dependency, unless asked for', async () => {
    await runWithContext(context, () => make({ profile: 'external' }).get('/'))
    expect(names.filter((name) => name in (server.requests[0]?.headers ?? {}))).toEqual([])
    await runWithContext(context, () => make({ profile: 'external', propagation: true }).get('/'))
    expect(server.requests[1]?.headers).toMatchObject({ 'x-request-id': 'abc-1' })
  })

  it('lets a header of the call win', async () => {
    await runWithContext(context, () => make().get('/', { headers: { 'X-Request-Id': 'mine' } }))
    expect(server.requests[0]?.headers['x-request-id']).toBe('mine')
  })
})

describe('a failure', () => {
  it('names the status, with the beginning of the body', async () => {
    server.behave({ status: 404, body: { title: 'No such video' } })
    expect(await failure(make().get('/videos/{id}', { params: { id: 7 } }))).toMatchObject({
      code: 'KEELSON_CLIENT_STATUS',
      statusCode: 502,
      message: 'catalog answered GET /videos/{id} with status 404.',
      details: { status: 404, body: '{"title":"No such video"}' },
    })
    expect(server.requestCount).toBe(1)
  })

  it('names what does not fit the schema, and is no failure of the dependency', async () => {
    server.behave({ body: { id: 7 } })
    const client = make({ breaker: { minimumThroughput: 1 } })
    expect(await failure(client.get('/', { response: Video }))).toMatchObject({
      code: 'KEELSON_CLIENT_RESPONSE_INVALID',
      statusCode: 502,
      details: { issues: [expect.stringContaining('id'), expect.stringContaining('title')] },
    })
    expect(client.state().breaker).toBe('closed')
  })

  it('tells JSON that is none', async () => {
    server.behave({ body: '{"id":', headers: { 'content-type': 'application/json' } })
    expect(await failure(make().get('/'))).toMatchObject({ code: 'KEELSON_CLIENT_RESPONSE_INVALID' })
  })

  it.each([
    ['announced', {}],
    ['not announced', { 'transfer-encoding': 'chunked' }],
  ])('stops reading a body that is too large, its length %s', async (_how, headers) => {
    server.behave({ body: 'x'.repeat(200_000), headers })
    const client = make({ maxResponseBytes: 100_000 })
    expect(await failure(client.get('/'))).toMatchObject({
      code: 'KEELSON_CLIENT_RESPONSE_TOO_LARGE',
      statusCode: 502,
    })
    expect(await client.head('/'), 'HEAD announces a body that does not come').toBeUndefined()
  })

  it('tells a connection that cannot be made', async () => {
    await server.kill()
    expect(await failure(make().get('/'))).toMatchObject({
      code: 'KEELSON_CLIENT_CONNECT_FAILED',
      statusCode: 502,
      retryable: true,
      details: { reason: 'ECONNREFUSED' },
    })
  })

  it.each(['reset', 'reset-after-headers', 'reset-in-body'] as const)(
    'tells a connection that broke: %s',
    async (fault) => {
      server.behave({ fault, body: { title: 'x'.repeat(1_000) } })
      expect(await failure(make().get('/'))).toMatchObject({
        code: 'KEELSON_CLIENT_CONNECTION_RESET',
        statusCode: 502,
        details: { phase: fault === 'reset' ? 'headers' : 'body' },
      })
    },
  )

  it.each([
    ['black-hole', 'headers'],
    ['slow-body', 'body'],
  ] as const)('tells a time-out and what it waited for: %s', async (fault, phase) => {
    server.behave({ fault, body: { title: 'x'.repeat(1_000) }, pieceDelayMs: 10_000 })
    // Enough for the head of the answer to come, on a busy machine too.
    const attemptTimeoutMs = 1_000
    expect(await failure(make({ attemptTimeoutMs, retry: false }).get('/'))).toMatchObject({
      code: 'KEELSON_CLIENT_TIMEOUT',
      statusCode: 504,
      details: { phase, timeoutMs: attemptTimeoutMs },
    })
    await until(() => server.abortedCount === 1)
    expect(server.abortedCount, 'the socket is closed, too').toBe(1)
  })

  it('refuses a header that would split the request', async () => {
    expect(await failure(make().get('/', { headers: { 'x-custom': 'a\r\nx-evil: 1' } }))).toMatchObject({
      code: 'KEELSON_CLIENT_REQUEST_INVALID',
    })
    expect(server.requestCount).toBe(0)
  })
})

describe('a retry', () => {
  it('makes an idempotent call again after a reset and after a 503', async () => {
    const client = make()
    for (const first of [{ fault: 'reset' }, { status: 503 }] as const) {
      const begun = server.requests.length
      server.behave(({ sequence }) => (sequence === begun + 1 ? first : { body: 'second' }))
      expect(await client.get('/')).toBe('second')
    }
  })

  it.each(['reset', 'reset-after-headers', 'black-hole'] as const)(
    'never sends a POST twice: %s',
    async (fault) => {
      server.behave({ fault })
      const client = make({ attemptTimeoutMs: 200 })
      for (let call = 0; call < 20; call++) await failure(client.post('/orders', { body: { call } }))
      const bodies = server.requests.map(({ body }) => body)
      expect(bodies).toHaveLength(20)
      expect(new Set(bodies).size).toBe(20)
    },
  )

  it('sends a POST again with an idempotency key', async () => {
    server.behave(({ sequence }) => (sequence === 1 ? { fault: 'reset' } : { body: 'second' }))
    expect(await make().post('/orders', { body: {}, headers: { 'Idempotency-Key': 'k1' } })).toBe('second')
  })

  it('makes a POST again that was never sent', async () => {
    await server.kill()
    const results: string[] = []
    const end = subscribe('keelson.client.retry', ({ result }) => results.push(result))
    const call = make({ random: () => 0.99, retry: { maxRetries: 5 } }).post('/orders', { body: {} })
    call.catch(() => undefined)
    await until(() => results.length > 0)
    await server.revive()
    expect(await call).toEqual({})
    end()
    expect(server.requestCount).toBe(1)
    expect(new Set(results)).toEqual(new Set(['scheduled']))
  })

  it('does not repeat a 500, nor what the dependency forbids to repeat', async () => {
    const client = make()
    server.behave({ status: 500 })
    await failure(client.get('/'))
    server.behave({ status: 503, headers: { 'x-no-retry': '1' } })
    await failure(client.get('/'))
    expect(server.requestCount).toBe(2)
  })
})

describe('cancellation', () => {
  it.each(['request', 'call'])('reaches the socket when the signal of the %s is aborted', async (whose) => {
    server.behave({ fault: 'black-hole' })
    const controller = new AbortController()
    const { signal } = controller
    const context = whose === 'request' ? { requestId: 'abc-1', signal } : { requestId: 'abc-1' }
    const outcome = runWithContext(context, () =>
      failure(make().get('/', whose === 'call' ? { signal, fallback: () => 'no' } : {})),
    )
    await until(() => server.requestCount === 1)
    controller.abort()
    expect(await outcome).toMatchObject({ code: 'KEELSON_CLIENT_CANCELLED', statusCode: 499 })
    await until(() => server.abortedCount === 1)
    expect(server.abortedCount).toBe(1)
  })
})

describe('a connection', () => {
  it('never carries a request that was given up while it waited for one', async () => {
    server.behave({ delayMs: 300 })
    const client = make({ maxConnections: 1 })
    const first = client.get('/first')
    first.catch(() => undefined)
    await until(() => server.requestCount === 1)
    expect(await failure(client.get('/second', { timeoutMs: 100 }))).toMatchObject({
      code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED',
    })
    await first
    await client.get('/third')
    expect(server.requests.map(({ url }) => url)).toEqual(['/first', '/third'])
  })

  it('is still waiting for the head of the answer after early hints', async () => {
    const hinting = createServer((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    })
    hinting.listen(0, '127.0.0.1')
    await once(hinting, 'listening')
    const { port } = hinting.address() as AddressInfo // it listens on TCP
    const client = make({ target: `http://127.0.0.1:${port}`, attemptTimeoutMs: 200, retry: false })
    expect(await failure(client.get('/'))).toMatchObject({ details: { phase: 'headers' } })
    hinting.closeAllConnections()
    hinting.close()
  })
})

describe('a fallback', () => {
  it('of the call gives the body, and learns why', async () => {
    server.behave({ status: 500 })
    const codes: string[] = []
    const body = await make().get('/', {
      fallback: (error) => {
        codes.push(error.code)
        return 'from the cache'
      },
    })
    expect(body).toBe('from the cache')
    expect(codes).toEqual(['KEELSON_CLIENT_STATUS'])
  })

  it('learns of a time-out by the same code as a caller without one', async () => {
    server.behave({ fault: 'black-hole' })
    const client = make({ attemptTimeoutMs: 100, retry: false })
    expect(await client.get('/', { fallback: ({ code }) => code })).toBe('KEELSON_CLIENT_TIMEOUT')
  })

  it('of the client passes through the schema, as the type of the call promises', async () => {
    server.behave({ status: 500 })
    const client = make({ fallback: (_error, { path }) => ({ id: path, title: 'unknown', surplus: 1 }) })
    expect(await client.get('/videos', { response: Video })).toEqual({ id: '/videos', title: 'unknown' })
    expect(await client.request('GET', '/videos')).toMatchObject({ status: 0, headers: {} })
    const wrong = make({ fallback: () => 'no video' })
    expect(await failure(wrong.get('/videos', { response: Video }))).toMatchObject({
      code: 'KEELSON_CLIENT_RESPONSE_INVALID',
    })
  })

  it('hides no fault of the caller', async () => {
    const call = make().get('/videos/{id}', { params: { id: '..' }, fallback: () => 'hidden' })
    expect(await failure(call)).toMatchObject({ code: 'KEELSON_CLIENT_REQUEST_INVALID' })
  })
})

describe('close', () => {
  it('waits for the calls in flight', async () => {
    server.behave({ delayMs: 100, body: 'late' })
    const client = make()
    const call = client.get('/')
    call.catch(() => undefined)
    await until(() => server.requestCount === 1)
    await client.close()
    expect(await call).toBe('late')
    await client.close() // a second time does no harm
  })
})
