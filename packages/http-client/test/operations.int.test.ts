import { runWithContext } from '@keelson/core/context'
import type { KeelsonError } from '@keelson/core/errors'
import { createFaultServer, type FaultServer } from '@keelson/testing'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClientOptions, type Operations } from '../src/index.ts'

let server: FaultServer
const closes: (() => Promise<void>)[] = []

beforeEach(async () => {
  server = await createFaultServer()
})
afterEach(async () => {
  await server.close()
  for (const close of closes.splice(0)) await close()
})

function make<const Declared extends Operations>(
  options: Partial<HttpClientOptions> & { readonly operations: Declared },
) {
  const base = { service: 'delivery', dependency: 'catalog', target: server.url }
  const client = createHttpClient<Declared>({ ...base, ...options })
  closes.push(() => client.close())
  return client
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'success',
    (error: unknown) => (error as KeelsonError).code, // every failure of these tests has one
  )
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('call', () => {
  it('makes the declared request, and gives what its schema makes of the body', async () => {
    server.behave({ body: { id: '7', surplus: true } })
    const response = v.object({ id: v.string() })
    const client = make({ operations: { video: { method: 'GET', path: '/videos/{id}', response } } })
    expect(await client.call('video', { params: { id: 'a/b' }, query: { page: 2 } })).toEqual({ id: '7' })
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/videos/a%2Fb?page=2' })
  })

  it('has a breaker for each group', async () => {
    server.behave(({ url }) => ({ status: url === '/pay' ? 500 : 200 }))
    const client = make({
      breaker: { minimumThroughput: 5 },
      operations: {
        pay: { method: 'POST', path: '/pay', group: 'payments' },
        list: { method: 'GET', path: '/list' },
      },
    })
    for (let call = 0; call < 5; call++) await codeOf(client.call('pay', { body: {} }))
    expect(await codeOf(client.call('pay', { body: {} }))).toBe('KEELSON_RESILIENCE_CIRCUIT_OPEN')
    expect(await codeOf(client.call('list'))).toBe('success')
    expect(client.state()).toMatchObject({ breaker: 'closed', groups: { payments: 'open' } })
  })

  it('takes the limits of its operation, and those of the call before them', async () => {
    server.behave({ delayMs: 400 })
    const client = make({ operations: { slow: { method: 'GET', path: '/slow', timeoutMs: 50 } } })
    expect(await codeOf(client.call('slow'))).toBe('KEELSON_RESILIENCE_DEADLINE_EXCEEDED')
    expect(await codeOf(client.call('slow', { timeoutMs: 5_000 }))).toBe('success')
  })

  it('refuses a name that was not declared, and a declaration that cannot be', async () => {
    const client = make({ operations: { list: { method: 'GET', path: '/list' } } })
    // @ts-expect-error what JavaScript would let through
    expect(await codeOf(client.call('toString'))).toBe('KEELSON_CLIENT_REQUEST_INVALID')
    for (const wrong of [{ path: 'list' }, { method: 'SEND' }, { timeoutMs: 0 }, { retries: 3 }]) {
      const list = { method: 'GET', path: '/list', ...wrong } as Operations[string] // wrong on purpose
      expect(() => make({ operations: { list } })).toThrow(
        expect.objectContaining({ code: 'KEELSON_CLIENT_OPTIONS_INVALID' }),
      )
    }
  })
})

describe('deduplication', () => {
  const list = { method: 'GET', path: '/list', deduplicate: true } as const
  const add = { method: 'POST', path: '/list', deduplicate: true } as const

  it('sends identical reads under way once, and gives each caller a body of its own', async () => {
    server.behave({ delayMs: 50, body: { items: [1] } })
    const client = make({ operations: { list } })
    const bodies = await Promise.all(Array.from({ length: 20 }, () => client.call('list')))
    expect(server.requestCount).toBe(1)
    expect(new Set(bodies).size).toBe(20)
    expect(new Set(bodies.map((body) => JSON.stringify(body)))).toEqual(new Set(['{"items":[1]}']))
    await client.call('list')
    expect(server.requestCount, 'nothing is kept').toBe(2)
  })

  it('keeps calls apart that differ in address or headers, and sends every POST', async () => {
    server.behave({ delayMs: 50 })
    const client = make({ operations: { list, add } })
    await Promise.all([
      client.call('list', { query: { page: 1 } }),
      client.call('list', { query: { page: 2 } }),
      client.call('list', { headers: { authorization: 'Bearer a' } }),
      client.call('list', { headers: { Authorization: 'Bearer b' } }),
      client.call('list', { headers: { authorization: 'Bearer b' } }),
      client.call('add', { body: {} }),
      client.call('add', { body: {} }),
    ])
    expect(server.requestCount).toBe(6)
  })

  it('is off unless asked for, by the client, the operation or the call', async () => {
    server.behave({ delayMs: 50 })
    const client = make({ operations: { plain: { method: 'GET', path: '/plain' } } })
    await Promise.all([client.call('plain'), client.get('/plain')])
    expect(server.requestCount).toBe(2)
    await Promise.all([
      client.get('/plain', { deduplicate: true }),
      client.get('/plain', { deduplicate: true }),
    ])
    expect(server.requestCount).toBe(3)
    client.update({ deduplicate: true })
    await Promise.all([client.get('/plain'), client.get('/plain')])
    expect(server.requestCount).toBe(4)
    await Promise.all([client.get('/plain'), client.get('/plain', { deduplicate: false })])
    expect(server.requestCount).toBe(6)
  })

  it('goes on for who stays when the request that came first is cancelled, and ends when all have left', async () => {
    server.behave({ delayMs: 150, body: 'late' })
    const client = make({ operations: { list } })
    const [first, second] = [new AbortController(), new AbortController()]
    const context = { requestId: 'a', signal: first.signal }
    const left = runWithContext(context, () => codeOf(client.call('list')))
    const stays = client.call('list')
    stays.catch(() => undefined)
    await until(() => server.requestCount === 1)
    first.abort()
    expect(await left).toBe('KEELSON_CLIENT_CANCELLED')
    expect(await stays).toBe('late')
    expect(server.requestCount).toBe(1)
    server.behave({ fault: 'black-hole' })
    const both = [1, 2].map(() => codeOf(client.call('list', { signal: second.signal })))
    await until(() => server.requestCount === 2)
    second.abort()
    expect(await Promise.all(both)).toEqual(['KEELSON_CLIENT_CANCELLED', 'KEELSON_CLIENT_CANCELLED'])
    await until(() => server.abortedCount === 1)
    expect(server.abortedCount, 'down to the socket').toBe(1)
  })

  it('tells each caller what the shared attempt waited for', async () => {
    server.behave({ fault: 'black-hole' })
    const client = make({ operations: { list }, attemptTimeoutMs: 100, retry: false })
    const errors = await Promise.all([1, 2].map(() => client.call('list').catch((error: unknown) => error)))
    const expected = { code: 'KEELSON_CLIENT_TIMEOUT', details: { phase: 'headers' } }
    expect(errors).toMatchObject([expected, expected])
  })
})

describe('update', () => {
  it('replaces connections when one of their numbers changes, each after what it carries', async () => {
    server.behave({ delayMs: 200, body: 'ok' })
    const client = make({ operations: {} })
    const under = Array.from({ length: 8 }, () => client.get('/'))
    void Promise.allSettled(under)
    await until(() => server.requestCount === 8)
    const { connectionCount } = server
    client.update({ keepAliveMs: 5_000 })
    expect(await Promise.all(under)).toEqual(Array.from({ length: 8 }, () => 'ok'))
    await client.get('/')
    expect(server.connectionCount).toBeGreaterThan(connectionCount)
    const after = server.connectionCount
    client.update({ keepAliveMs: 5_000, attemptTimeoutMs: 2_000, endpoints: { ejectMs: 9_000 } })
    for (let call = 0; call < 8; call++) await client.get('/')
    expect(server.connectionCount - after, 'two each of four groups at most').toBeLessThanOrEqual(7)
  })

  it('bounds the size of answers at once, on the connections that there are', async () => {
    server.behave({ body: 'x'.repeat(1_000) })
    const client = make({ operations: {} })
    await client.get('/')
    client.update({ maxResponseBytes: 999 })
    expect(await codeOf(client.get('/'))).toBe('KEELSON_CLIENT_RESPONSE_TOO_LARGE')
  })

  it('refuses a policy as a whole', async () => {
    const client = make({ operations: {}, attemptTimeoutMs: 5_000, retry: false })
    server.behave({ delayMs: 100, body: 'ok' })
    for (const wrong of [{ keepAliveMs: 0 }, { endpoints: { ejectMs: 1 } }, { retry: { maxRetries: 11 } }]) {
      expect(() => client.update({ attemptTimeoutMs: 20, ...wrong })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/_OPTIONS_INVALID$/) }),
      )
    }
    expect(await client.get('/')).toBe('ok')
  })
})
