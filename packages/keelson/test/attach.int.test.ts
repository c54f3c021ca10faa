import { createServer, type RequestListener, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { currentContext } from '@keelson/core/context'
import { checkGelfLine } from '@keelson/testing'
import { attach, logger, type AttachOptions } from 'keelson/attach'
import { afterEach, describe, expect, it } from 'vitest'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function serve(handler: RequestListener, options: AttachOptions = {}) {
  const written: string[] = []
  const server = createServer(handler)
  const service = await attach(
    server,
    { name: 'attached', version: '1.0.0' },
    {
      env: { HOST: '127.0.0.1', OPS_PORT: '0', ...options.env },
      argv: [],
      cwd: tmpdir(),
      signals: false,
      logDestination: { write: (line) => void written.push(line) },
      ...(options.routeOf === undefined ? {} : { routeOf: options.routeOf }),
      ...(options.isExempt === undefined ? {} : { isExempt: options.isExempt }),
    },
  )
  closing.push(() => service.stop())
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { server, service, lines, written, ops: `http://127.0.0.1:${service.opsPort}` }
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
    })
  })
}

async function until<T>(find: () => T | undefined): Promise<T> {
  for (;;) {
    const found = find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('attach', () => {
  it('is ready when the server listens, and has probes and metrics from before', async () => {
    const { server, ops, lines } = await serve((_request, response) => response.end('ok'))
    expect((await fetch(`${ops}/readiness`)).status).toBe(503)
    expect((await fetch(`${ops}/liveness`)).status).toBe(200)
    const url = await listen(server)
    await until(() => lines().find((line) => line['_phase'] === 'started'))
    expect((await fetch(`${ops}/readiness`)).status).toBe(200)
    await (await fetch(url)).text()
    await until(() => lines().find((line) => line['_status'] === 200))
    expect(await (await fetch(`${ops}/metrics`)).text()).toMatch(
      /http_requests_total\{[^}]*route="unmatched"[^}]*status_code="200"[^}]*\} 1/,
    )
  })

  it('is the service whose log logger() writes to within its requests, though another came first', async () => {
    const other = await serve(() => {})
    const { server, lines } = await serve((_request, response) => {
      logger().info('from anywhere')
      response.end()
    })
    await fetch(await listen(server), { headers: { 'x-request-id': 'abc-2' } })
    const line = await until(() => lines().find((each) => each['short_message'] === 'from anywhere'))
    expect(line).toMatchObject({ _service: 'attached', _request_id: 'abc-2' })
    expect(line).not.toHaveProperty('_services')
    expect(other.lines().filter((each) => each['short_message'] === 'from anywhere')).toEqual([])
  })

  it('gives requests an id, a context and an access line, also for listeners that are added later', async () => {
    const { server, lines, written } = await serve(() => {}, { routeOf: () => '/videos/:id' })
    server.on('request', (_request, response) => {
      setImmediate(() => response.end(currentContext()?.requestId))
    })
    const url = await listen(server)
    const response = await fetch(`${url}/videos/7?token=x`, { headers: { 'x-request-id': 'abc-1' } })
    expect([response.headers.get('x-request-id'), await response.text()]).toEqual(['abc-1', 'abc-1'])
    expect(await until(() => lines().find((line) => line['_status'] === 200))).toMatchObject({
      _request_id: 'abc-1',
      _route: '/videos/:id',
      _url: '/videos/7',
    })
    for (const line of written) expect(checkGelfLine(line.trimEnd())).toEqual([])
  })

  it('keeps the routes of a wrong routeOf within bounds', async () => {
    const { server, ops, lines } = await serve((_request, response) => response.end('ok'), {
      routeOf: (request) => request.url,
    })
    const url = await listen(server)
    for (let path = 0; path < 1_050; path++) await (await fetch(`${url}/${path}`)).text()
    await until(() => (lines().filter((line) => line['_status'] === 200).length >= 1_050 ? true : undefined))
    const page = await (await fetch(`${ops}/metrics`)).text()
    expect(new Set(page.match(/route="[^"]*"/g)).size).toBeLessThanOrEqual(1_001)
  })

  it('refuses what is more than may be under way, before any listener sees it, but never what is exempt', async () => {
    const holding: (() => void)[] = []
    const seen: (string | undefined)[] = []
    const { server, ops, lines } = await serve(
      (request, response) => {
        seen.push(request.url)
        if (request.url === '/hold') holding.push(() => response.end('held'))
        else response.end('ok')
      },
      { env: { ADMISSION__MAX_CONCURRENT: '1' }, isExempt: ({ url }) => url === '/alive' },
    )
    const url = await listen(server)
    const held = fetch(`${url}/hold`)
    held.catch(() => undefined)
    await until(() => (holding.length === 1 ? true : undefined))
    const refused = await fetch(`${url}/work`, {
      method: 'POST',
      body: 'never read',
      headers: { 'x-request-id': 'one-too-many', 'x-criticality': 'sheddable' },
    })
    expect(refused.status).toBe(503)
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'content-type': 'application/problem+json',
      'x-request-id': 'one-too-many',
      'x-shed': 'limit',
      'retry-after': '1',
    })
    expect(await refused.json()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      requestId: 'one-too-many',
    })
    expect(await (await fetch(`${url}/alive`)).text()).toBe('ok')
    holding[0]?.()
    expect(await (await held).text()).toBe('held')
    expect(await (await fetch(`${url}/work`)).text()).toBe('ok')
    expect(seen).toEqual(['/hold', '/alive', '/work'])
    expect(lines().find((line) => line['_status'] === 503)).toMatchObject({ _request_id: 'one-too-many' })
    expect(await (await fetch(`${ops}/metrics`)).text()).toContain(
      'keelson_admission_shed_total{reason="limit",criticality="sheddable"} 1',
    )
  })

  it('says that it has no rate limit', async () => {
    const { lines } = await serve(() => {}, { env: { ADMISSION__RATE_LIMIT__MAX: '5' } })
    expect(lines().find((line) => line['_key'] === 'admission.rateLimit.max')).toMatchObject({ level: 4 })
  })

  it('lets the body of a request that waited for its turn arrive whole', async () => {
    const { server } = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => response.end(body))
    })
    const body = 'x'.repeat(100_000)
    expect(await (await fetch(await listen(server), { method: 'POST', body })).text()).toBe(body)
  })

  it('handles nothing for a caller that has left before its turn, while there is no time for rest', async () => {
    const seen: (string | undefined)[] = []
    const { server, lines } = await serve((request, response) => {
      seen.push(request.url)
      const endMs = performance.now() + 50
      while (performance.now() < endMs);
      response.end('ok')
    })
    const { port } = new URL(await listen(server))
    // The load is taken in every 100 ms, so that the first who leave are not told apart. Without an end: nobody ever is.
    for (let count = 1; ; count++) {
      seen.length = 0
      for (let busy = 0; busy < 4; busy++) await (await fetch(`http://127.0.0.1:${port}/busy`)).text()
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write('GET /leaves HTTP/1.1\r\nhost: x\r\n\r\n', () => socket.destroy())
      }).on('error', () => undefined)
      await until(() => lines().filter((line) => line['_url'] === '/leaves')[count - 1])
      if (!seen.includes('/leaves')) break
    }
  })

  it('forgets a request that has ended: a connection that stays open does not hold the stop', async () => {
    const { server, service, lines } = await serve((_request, response) => response.end('ok'), {
      env: { SHUTDOWN_GRACE: '5s' },
    })
    const { port } = new URL(await listen(server))
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(() => lines().find((line) => line['_status'] === 200))
    expect(await service.stop()).toMatchObject({ exitCode: 0, cut: [] })
    socket.destroy()
  })

  it('lets a request under way complete at the stop, and tells its connection to leave', async () => {
    const arrived = Promise.withResolvers<void>()
    const { server, service, ops } = await serve((_request, response) => {
      arrived.resolve()
      setTimeout(() => response.end('done'), 200)
    })
    const url = await listen(server)
    const asking = fetch(url)
    asking.catch(() => undefined)
    await arrived.promise
    const stopping = service.stop()
    expect((await fetch(`${ops}/readiness`)).status).toBe(503)
    const response = await asking
    expect([response.headers.get('connection'), await response.text()]).toEqual(['close', 'done'])
    expect(await stopping).toMatchObject({ exitCode: 0, cut: [] })
    expect(server.listening).toBe(false)
  })
})
