import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { get as getSecure, createServer as createSecure } from 'node:https'
import {
  connect,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
} from 'node:http2'
import { connect as connectTcp, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  accessRecord,
  createRequestOpener,
  createServerDrain,
  type AccessRecord,
  type DrainableServer,
  type ServerDrain,
  type ServerDrainOptions,
} from '@keelson/core/http'

const lingerMs = 1_000
const deadlineMs = 60_000

const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close()
})

let certificate = { key: '', cert: '' }

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = '/CN=localhost'
  const curve = 'ec_paramgen_curve:prime256v1'
  const words = `req -x509 -newkey ec -pkeyopt ${curve} -nodes -days 1 -subj ${subject}`.split(' ')
  const made = spawnSync('openssl', [...words, '-keyout', key, '-out', cert])
  if (made.status !== 0) throw new Error(`openssl made no certificate.\n${String(made.stderr)}`)
  certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  rmSync(folder, { recursive: true })
})

/** What both kinds of answers have. */
type Answer = Pick<Http2ServerResponse, 'end' | 'write'>

interface Served {
  readonly drain: ServerDrain
  readonly clock: FakeClock
  readonly port: number
  /** Answers that wait, by the path that asked for them. */
  readonly held: ReadonlyMap<string, Answer>
  /** What became of each request, once it has ended. */
  readonly records: readonly AccessRecord[]
}

/** Serves with a handler that answers `/now…` at once and holds every other answer. */
async function serve(server: DrainableServer, options: ServerDrainOptions = {}): Promise<Served> {
  const clock = createFakeClock()
  const open = createRequestOpener({ clock })
  const drain = createServerDrain(server, { lingerMs, clock, ...options })
  const held = new Map<string, Answer>()
  const records: AccessRecord[] = []
  const handle = (message: IncomingMessage | Http2ServerRequest, answer: Http2ServerResponse) => {
    // The classes of node:http2 have all that is used of those of node:http.
    const [request, response] = [message, answer] as unknown as [IncomingMessage, ServerResponse]
    const inbound = open(request)
    inbound.response = response
    drain.track(inbound, response)
    response.on('close', () => {
      drain.release(response)
      records.push(accessRecord(inbound, clock.monotonic()))
    })
    if (request.url?.startsWith('/now')) response.end('now')
    else held.set(request.url ?? '', answer)
  }
  // One event with two signatures: the union of the servers has neither.
  ;(server as ReturnType<typeof createServer>).on('request', handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return { drain, clock, port: (server.address() as AddressInfo).port, held, records } // a TCP server
}

interface Caller {
  readonly session: ClientHttp2Session
  /** Last stream that each GOAWAY named. */
  readonly goaways: readonly number[]
  readonly closed: Promise<unknown>
  get(path: string): Promise<{ readonly status: number; readonly body: string }>
}

async function call(url: string): Promise<Caller> {
  const session = connect(url, { rejectUnauthorized: false })
  closing.push(() => session.destroy())
  const goaways: number[] = []
  session.on('goaway', (_code: number, lastStream: number) => goaways.push(lastStream))
  session.on('error', () => undefined)
  const closed = once(session, 'close')
  await once(session, 'connect')
  return {
    session,
    goaways,
    closed,
    get: (path) =>
      new Promise((resolve, reject) => {
        const asking = session.request({ ':path': path })
        let status = 0
        let body = ''
        asking.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        asking.once('response', (headers: IncomingHttpHeaders) => (status = Number(headers[':status'])))
        asking.once('error', reject)
        asking.once('close', () => {
          if (asking.rstCode === 0 && status !== 0) resolve({ status, body })
          else reject(new Error(`The stream was reset with ${asking.rstCode}.`))
        })
      }),
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn()
}

/** GOAWAY that refuses nothing (RFC 9113, section 6.8). */
const lastOfAll = 2 ** 31 - 1

describe.each([
  ['without TLS', () => createServer(), 'http'],
  ['over TLS', () => createSecureServer({ ...certificate, allowHTTP1: true }), 'https'],
] as const)('an HTTP/2 server %s', (_name, create, scheme) => {
  async function start(options?: ServerDrainOptions) {
    const served = await serve(create(), options)
    return { ...served, url: `${scheme}://127.0.0.1:${served.port}` }
  }

  it('tells its callers to leave at the announcement, and completes what is under way', async () => {
    const { drain, clock, held, records, url } = await start()
    const caller = await call(url)
    const slow = caller.get('/slow')
    slow.catch(() => undefined)
    await until(() => held.has('/slow'))
    drain.announce()
    await until(() => caller.goaways.length > 0)
    expect(caller.goaways).toEqual([lastOfAll])

    const done = drain.close(clock.monotonic() + deadlineMs)
    await clock.advance(lingerMs)
    // Now that every caller knows: this was the last request.
    await until(() => caller.goaways.length > 1)
    expect(caller.goaways).toEqual([lastOfAll, 1])
    expect(drain.inFlightCount).toBe(1)
    held.get('/slow')?.end('whole')
    expect(await slow).toEqual({ status: 200, body: 'whole' })
    await caller.closed
    expect(await done).toEqual([])
    expect(records).toMatchObject([{ url: '/slow', statusCode: 200, aborted: false }])
  })

  it('serves new sessions after the announcement, and tells each with its first answer', async () => {
    const { drain, clock, url } = await start()
    drain.announce()
    const caller = await call(url)
    expect(caller.goaways).toEqual([])
    expect(await caller.get('/now')).toEqual({ status: 200, body: 'now' })
    await until(() => caller.goaways.length > 0)
    // It ends although the drain has not begun to close, and its caller never would.
    await clock.advance(1_000)
    await caller.closed
    expect(caller.goaways[0]).toBe(lastOfAll)
  })

  it('closes sessions without a request after the linger', async () => {
    const { drain, clock, url } = await start()
    const caller = await call(url)
    // A caller that does not listen to GOAWAY keeps its connection.
    const quiet = connectTcp(Number(new URL(url).port), '127.0.0.1')
    closing.push(() => quiet.destroy())
    await once(quiet, 'connect')
    const gone = once(quiet.resume(), 'close')
    await caller.get('/now')
    const done = drain.close(clock.monotonic() + deadlineMs)
    await clock.advance(lingerMs)
    await clock.advance(lingerMs)
    await caller.closed
    await gone
    expect(await done).toEqual([])
  })

  it('aborts what is left at the deadline, names it, and lets it end', async () => {
    const { drain, clock, held, records, url } = await start()
    const caller = await call(url)
    const [slow, partial] = [caller.get('/slow'), caller.get('/partial')]
    void Promise.allSettled([slow, partial])
    await until(() => held.size === 2)
    held.get('/partial')?.write('half')
    const signals = drain.inFlight().map(({ signal }) => signal)
    const done = drain.close(clock.monotonic() + deadlineMs)
    await clock.advance(deadlineMs)
    expect((await done).map(({ request }) => request.url)).toEqual(['/slow', '/partial'])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    await expect(slow).rejects.toThrow()
    await expect(partial).rejects.toThrow()
    await caller.closed
    expect(records).toMatchObject([
      { url: '/slow', statusCode: 499, aborted: true },
      { url: '/partial', statusCode: 200, aborted: true },
    ])
  })

  it('tells a session that is older than its age to leave, and not before', async () => {
    const { clock, url } = await start({ connectionMaxAgeMs: 1_000, random: () => 0.5 })
    const caller = await call(url)
    // Over TLS the caller is ready before the server is: after an answer both are.
    await caller.get('/now')
    await clock.advance(999)
    await caller.get('/now')
    expect(caller.goaways).toEqual([])
    await clock.advance(1)
    expect((await caller.get('/now/2')).status).toBe(200)
    await until(() => caller.goaways.length > 0)
    await clock.advance(1_000)
    await caller.closed
    expect(caller.goaways[0]).toBe(lastOfAll)
  })

  it('calls a request aborted whose caller has reset its stream', async () => {
    const { held, records, url } = await start()
    const { session } = await call(url)
    const asking = session.request({ ':path': '/slow' })
    asking.on('error', () => undefined)
    await until(() => held.has('/slow'))
    held.get('/slow')?.write('half')
    asking.close(8)
    await until(() => records.length > 0)
    expect(records).toMatchObject([{ url: '/slow', aborted: true }])
  })
})

describe('an HTTP/1 server over TLS', () => {
  it.each([
    ['of node:https', () => createSecure(certificate)],
    ['of node:http2 that allows it', () => createSecureServer({ ...certificate, allowHTTP1: true })],
  ])(
    '%s completes what is under way, tells it to leave, and closes what never came to its handshake',
    async (_name, create) => {
      const { drain, clock, held, port } = await serve(create())
      const answering = new Promise<IncomingMessage>((resolve, reject) => {
        // It offers HTTP/1.1 alone (ALPN).
        const options = { host: '127.0.0.1', port, path: '/slow', rejectUnauthorized: false }
        getSecure(options, resolve).once('error', reject)
      })
      const silent = connectTcp(port, '127.0.0.1')
      const gone = once(silent.resume(), 'close')
      await until(() => held.has('/slow'))
      const done = drain.close(clock.monotonic() + deadlineMs)
      await clock.advance(lingerMs)
      await clock.advance(2 * lingerMs)
      await gone
      expect(drain.inFlightCount).toBe(1)
      held.get('/slow')?.end('whole')
      const answer = await answering
      expect(answer.headers.connection).toBe('close')
      expect(String(await answer.setEncoding('utf8').toArray())).toBe('whole')
      expect(await done).toEqual([])
    },
  )

  it('tells a connection that is older than its age to leave', async () => {
    const { clock, port } = await serve(createSecure(certificate), {
      connectionMaxAgeMs: 1_000,
      random: () => 0.5,
    })
    const { Agent } = await import('node:https')
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
    closing.push(() => agent.destroy())
    const header = () =>
      new Promise((resolve, reject) => {
        getSecure({ host: '127.0.0.1', port, path: '/now', agent }, (answer) => {
          answer.resume().once('end', () => setImmediate(() => resolve(answer.headers.connection)))
        }).once('error', reject)
      })
    expect(await header()).toBe('keep-alive')
    await clock.advance(1_000)
    expect(await header()).toBe('close')
  })
})
