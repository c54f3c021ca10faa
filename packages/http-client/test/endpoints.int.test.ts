import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import type { Resolver } from '@keelson/core/dns'
import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../src/index.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function listen(answer: RequestListener, host: string, port = 0): Promise<number> {
  const server: Server = createServer(answer).listen(port, host)
  await once(server, 'listening')
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port // it listens on TCP
}

const say =
  (text: string, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' })
    response.end(text)
  }

/** Resolves every name to the addresses that are set, and counts how often it is asked. */
function fakeResolver(addresses: readonly string[]) {
  const state = { addresses, error: undefined as Error | undefined, askedCount: 0 }
  const found = () => state.addresses.map((address) => ({ address, family: 4 as const }))
  const resolver: Resolver = {
    resolve: () => {
      state.askedCount += 1
      return state.error === undefined ? Promise.resolve(found()) : Promise.reject(state.error)
    },
    lookup: (_name, { all }, callback) =>
      all === true ? callback(null, found()) : callback(null, state.addresses[0] ?? '', 4),
  }
  return { state, resolver }
}

function make(port: number, options: Partial<HttpClientOptions>): HttpClient {
  const client = createHttpClient({
    service: 'delivery',
    dependency: 'catalog',
    target: `http://catalog.prod:${port}`,
    ...options,
  })
  stops.push(() => client.close())
  return client
}

/** Makes a call while the clock goes on, one millisecond a turn of the loop. */
async function settle(clock: FakeClock, call: Promise<unknown>): Promise<unknown> {
  const results: unknown[] = []
  const end = (value: unknown) => results.push(value)
  void call.then(end, end)
  while (results.length === 0) await clock.advance(1)
  return results[0]
}

describe('several addresses', () => {
  it('succeed at one call per second, one of three dead', async () => {
    const port = await listen(say('ok'), '127.0.0.21')
    await listen(say('ok'), '127.0.0.22', port)
    const clock = createFakeClock()
    const { resolver } = fakeResolver(['127.0.0.21', '127.0.0.22', '127.0.0.23'])
    const client = make(port, { resolver, clock })
    let successCount = 0
    for (let call = 0; call < 500; call++) {
      if ((await settle(clock, client.get('/'))) === 'ok') successCount += 1
      await clock.advance(1_000)
    }
    expect(successCount).toBeGreaterThanOrEqual(495)
  })

  it('are shown with what is known of them, and counted with their connections', async () => {
    const port = await listen(say('one'), '127.0.0.21')
    await listen(say('two'), '127.0.0.22', port)
    const { resolver } = fakeResolver(['127.0.0.21', '127.0.0.22'])
    const client = make(port, { resolver })
    const bodies = await Promise.all(Array.from({ length: 40 }, () => client.get('/')))
    expect(new Set(bodies)).toEqual(new Set(['one', 'two']))
    const { endpoints, connections } = client.state()
    expect(endpoints).toMatchObject([
      { key: '127.0.0.21', condition: 'up', outstandingCount: 0 },
      { key: '127.0.0.22', condition: 'up', outstandingCount: 0 },
    ])
    expect(connections.connected).toBeGreaterThanOrEqual(2)
  })

  it('keep the host of the target in their requests', async () => {
    const hosts: (string | undefined)[] = []
    const port = await listen((request, response) => {
      hosts.push(request.headers.host)
      response.end()
    }, '127.0.0.21')
    await listen(say('unused'), '127.0.0.22', port)
    const { resolver } = fakeResolver(['127.0.0.21', '127.0.0.22'])
    await Promise.all(Array.from({ length: 10 }, () => make(port, { resolver }).get('/')))
    expect(new Set(hosts)).toEqual(new Set([`catalog.prod:${port}`]))
  })

  it('are asked for once by calls that come at the same time, and once per second after that', async () => {
    const port = await listen(say('ok'), '127.0.0.21')
    const clock = createFakeClock()
    const { state, resolver } = fakeResolver(['127.0.0.21', '127.0.0.22'])
    const client = make(port, { resolver, clock })
    await settle(clock, Promise.all(Array.from({ length: 100 }, () => client.get('/'))))
    const atFirst = state.askedCount
    for (let call = 0; call < 20; call++) {
      await clock.advance(500)
      await settle(clock, client.get('/'))
    }
    expect(atFirst).toBe(1)
    expect(state.askedCount - atFirst).toBeLessThanOrEqual(11)
  })

  it('are left to each connection where the dependency is external', async () => {
    const port = await listen(say('ok'), '127.0.0.21')
    const { resolver } = fakeResolver(['127.0.0.21', '127.0.0.22'])
    const client = make(port, { resolver, profile: 'external' })
    await client.get('/')
    expect(client.state().endpoints.map(({ key }) => key)).toEqual(['catalog.prod'])
  })

  it('stay when their name cannot be resolved any more', async () => {
    const port = await listen(say('ok'), '127.0.0.21')
    await listen(say('ok'), '127.0.0.22', port)
    const clock = createFakeClock()
    const { state, resolver } = fakeResolver(['127.0.0.21', '127.0.0.22'])
    const client = make(port, { resolver, clock })
    await settle(clock, client.get('/'))
    state.error = new KeelsonError('KEELSON_DNS_UNAVAILABLE', 'Silence.')
    for (let call = 0; call < 5; call++) {
      await clock.advance(1_000)
      expect(await settle(clock, client.get('/'))).toBe('ok')
    }
  })
})

describe('a name that cannot be resolved', () => {
  it('fails the call as a connection that could not be made, and is asked for again', async () => {
    const port = await listen(say('ok'), '127.0.0.21')
    const { state, resolver } = fakeResolver(['127.0.0.21', '127.0.0.22'])
    state.error = new KeelsonError('KEELSON_DNS_NOT_FOUND', 'Nothing.')
    const client = make(port, { resolver, retry: false })
    await expect(client.get('/')).rejects.toMatchObject({
      code: 'KEELSON_CLIENT_CONNECT_FAILED',
      statusCode: 502,
      details: { reason: 'KEELSON_DNS_NOT_FOUND' },
    })
    state.error = undefined
    state.addresses = ['127.0.0.21']
    expect(await client.get('/')).toBe('ok')
  })
})

/** One address before several backends, which draws one for each connection: what kube-proxy does for a ClusterIP. */
async function balancedAddress(backends: readonly number[]) {
  const state = { backends, connectionCount: 0 }
  const proxy = createTcpServer((socket) => {
    const port = state.backends[state.connectionCount++ % state.backends.length] ?? 0
    const onward = connect(port, '127.0.0.1')
    socket.pipe(onward).pipe(socket)
    for (const end of [socket, onward]) {
      end.on('error', () => {
        socket.destroy()
        onward.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  stops.push(() => proxy.close())
  return { state, port: (proxy.address() as AddressInfo).port } // it listens on TCP
}

describe('a single address', () => {
  it('gives replicas that come their share within twice the age of a connection', async () => {
    const backends = []
    for (const name of ['1', '2', '3', '4', '5']) backends.push(await listen(say(name), '127.0.0.1'))
    const { state, port } = await balancedAddress(backends.slice(0, 2))
    const connectionMaxAgeMs = 500
    const client = make(port, { target: `http://127.0.0.1:${port}`, connectionMaxAgeMs })
    /** The share of the calls that the last three answer. */
    const shareOf = async (durationMs: number): Promise<number> => {
      const counts = { old: 0, new: 0 }
      const endsAt = performance.now() + durationMs
      const caller = async () => {
        while (performance.now() < endsAt) {
          counts[Number(await client.get('/')) > 2 ? 'new' : 'old'] += 1
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
      await Promise.all(Array.from({ length: 20 }, caller))
      return counts.new / (counts.new + counts.old)
    }
    await shareOf(500)
    state.backends = backends
    await shareOf(2 * connectionMaxAgeMs)
    expect(await shareOf(4 * connectionMaxAgeMs), 'share of the new, of 0.6').toBeGreaterThanOrEqual(
      0.8 * 0.6,
    )
  })

  it('leads to another replica after two failures in a row', async () => {
    const bad = await listen(say('bad', 503), '127.0.0.1')
    const good = await listen(say('good'), '127.0.0.1')
    const { port } = await balancedAddress([bad, bad, bad, bad, ...Array<number>(100).fill(good)])
    const client = make(port, { target: `http://127.0.0.1:${port}`, retry: false, breaker: false })
    const answers: string[] = []
    for (let call = 0; call < 100; call++) {
      answers.push(await client.get('/').then(String, () => 'bad'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    // Without that, the first connections would serve, and fail, every call.
    expect(answers.slice(-20).filter((answer) => answer === 'good').length).toBeGreaterThanOrEqual(15)
  })

  it('is one group of connections where one connection is allowed or addresses are not told apart', async () => {
    const port = await listen(say('ok'), '127.0.0.1')
    for (const options of [{ maxConnections: 1 }, { endpoints: false as const }]) {
      const client = make(port, { target: `http://127.0.0.1:${port}`, ...options })
      await client.get('/')
      expect(client.state().endpoints.map(({ key }) => key)).toEqual(['127.0.0.1'])
    }
  })
})
