import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { tmpdir } from 'node:os'
import { createService } from 'keelson'
import { afterEach, describe, expect, it } from 'vitest'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A service that speaks HTTP/2 without TLS, as behind a mesh or a gRPC gateway. */
async function run(env: Readonly<Record<string, string>> = {}) {
  const written: string[] = []
  const service = await createService(
    { name: 'second', version: '1.0.0' },
    {
      env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', OPS__THREAD: 'false', ...env },
      argv: [],
      cwd: tmpdir(),
      signals: false,
      fastify: { http2: true },
      logDestination: { write: (line) => void written.push(line) },
    },
  )
  closing.push(() => service.stop())
  let finish: (() => void) | undefined
  service.app.get<{ Params: { id: string } }>('/videos/:id', async ({ params }) => params)
  service.app.get('/slow', () => new Promise((resolve) => (finish = () => resolve({ slow: true }))))
  const { port, opsPort } = await service.start()
  const session = connect(`http://127.0.0.1:${port}`)
  closing.push(() => session.destroy())
  return {
    service,
    session,
    opsPort,
    finish: () => finish?.(),
    isBusy: () => finish !== undefined,
    lines: () => written.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    get: async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const asking = session.request({ ':path': path, ...headers })
      const ended = once(asking, 'close').then(() => {
        throw new Error(`The stream was reset with ${asking.rstCode}.`)
      })
      const [answer] = (await Promise.race([once(asking, 'response'), ended])) as [IncomingHttpHeaders]
      ended.catch(() => undefined)
      return { headers: answer, body: (await asking.setEncoding('utf8').toArray()).join('') }
    },
  }
}

describe('a service over HTTP/2', () => {
  it('has request ids, access lines, request series and problem details as over HTTP/1', async () => {
    const { get, lines, opsPort } = await run()
    const found = await get('/videos/7', { 'x-request-id': 'h2-1' })
    expect(found.headers).toMatchObject({ ':status': 200, 'x-request-id': 'h2-1' })
    expect(JSON.parse(found.body)).toEqual({ id: '7' })
    const missing = await get('/nothing')
    expect(missing.headers).toMatchObject({ ':status': 404, 'content-type': 'application/problem+json' })
    expect(lines().filter((line) => line['_method'] !== undefined)).toMatchObject([
      { _request_id: 'h2-1', _route: '/videos/:id', _status: 200, _remote_ip: '127.0.0.1' },
      { _status: 404, _url: '/nothing' },
    ])
    expect(lines().filter((line) => line['_aborted'] !== undefined)).toEqual([])
    const page = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
    expect(page).toMatch(/http_requests_total\{[^}]*route="\/videos\/:id"[^}]*status_code="200"[^}]*\} 1/)
    expect(page).toMatch(/^http_requests_in_flight 0$/m)
  })

  it('sends GOAWAY at the stop, and completes the request under way', async () => {
    const { service, session, get, finish, isBusy, lines } = await run()
    const slow = get('/slow')
    slow.catch(() => undefined)
    while (!isBusy()) await new Promise((resolve) => setImmediate(resolve))
    const goaway = once(session, 'goaway')
    const stopping = service.stop()
    expect((await goaway).slice(0, 2)).toEqual([0, 2 ** 31 - 1])
    finish()
    expect(await slow).toMatchObject({ headers: { ':status': 200 }, body: '{"slow":true}' })
    expect(await stopping).toMatchObject({ exitCode: 0, cut: [], failures: [] })
    expect(lines().filter((line) => line['_route'] === '/slow')).toMatchObject([{ _status: 200 }])
  })

  it('cuts a request that is left at the deadline, and names it', async () => {
    const { service, get, isBusy } = await run({ SHUTDOWN_GRACE: '500ms' })
    const slow = get('/slow', { 'x-request-id': 'h2-slow' })
    const refused = expect(slow).rejects.toThrow()
    while (!isBusy()) await new Promise((resolve) => setImmediate(resolve))
    expect(await service.stop()).toMatchObject({
      exitCode: 70,
      cut: [{ requestId: 'h2-slow', route: '/slow' }],
    })
    await refused
  })
})
