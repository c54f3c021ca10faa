import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { subscribe } from '@keelson/core/channels'
import { runWithContext } from '@keelson/core/context'
import type { FaultServer } from '@keelson/testing'
import { request, fetch as undiciFetch, stream } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HttpClient } from '../src/index.ts'
import { causeOf, openDispatcherTrial, type DispatcherTrial } from './dispatcher-trial.ts'

let server: FaultServer
let client: HttpClient
let closers: DispatcherTrial['closers']
let make: DispatcherTrial['make']
let close: DispatcherTrial['close']

beforeEach(async () => {
  ;({ server, client, closers, make, close } = await openDispatcherTrial())
})
afterEach(() => close())

/** A server of its own, for what a fault server does not do. */
async function serve(answer: (incoming: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const own = createServer(answer).listen(0, '127.0.0.1')
  await once(own, 'listening')
  closers.unshift(() => {
    own.closeAllConnections()
    return new Promise((resolve) => own.close(resolve))
  })
  const { port } = own.address() as AddressInfo // it listens on TCP
  return `http://127.0.0.1:${port}`
}

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

const ways = {
  'the global fetch': async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(server.url + path, { ...init, dispatcher: client.dispatcher() })
    return { status: answer.status, text: await answer.text(), kind: answer.headers.get('x-kind') }
  },
  "undici's fetch": async (
    path: string,
    { method = 'GET', body }: { method?: string; body?: string } = {},
  ) => {
    const answer = await undiciFetch(server.url + path, {
      method,
      ...(body === undefined ? {} : { body }),
      dispatcher: client.dispatcher(),
    })
    return { status: answer.status, text: await answer.text(), kind: answer.headers.get('x-kind') }
  },
  "undici's request": async (
    path: string,
    { method = 'GET', body }: { method?: string; body?: string } = {},
  ) => {
    const answer = await request(server.url + path, {
      method,
      ...(body === undefined ? {} : { body }),
      dispatcher: client.dispatcher(),
    })
    return { status: answer.statusCode, text: await answer.body.text(), kind: answer.headers['x-kind'] }
  },
}

describe.each(Object.entries(ways))('%s through the dispatcher', (_name, call) => {
  it('is answered as without, with the headers of the client', async () => {
    server.behave({ status: 201, headers: { 'x-kind': 'video' }, body: 'made' })
    expect(await call('/videos?page=2', { method: 'PUT', body: 'ä' })).toEqual({
      status: 201,
      text: 'made',
      kind: 'video',
    })
    expect(server.requests).toMatchObject([
      { method: 'PUT', url: '/videos?page=2', body: 'ä', headers: { 'x-client': 'delivery' } },
    ])
    expect(server.requests[0]?.headers['x-request-timeout-ms']).toMatch(/^\d+$/)
  })

  it('is made again after a 503 and after a reset', async () => {
    server.behave(({ sequence }) => (sequence === 1 ? { status: 503, body: 'away' } : { body: 'here' }))
    expect(await call('/')).toMatchObject({ status: 200, text: 'here' })
    server.behave(({ sequence }) => (sequence === 3 ? { fault: 'reset' } : { body: 'here' }))
    expect(await call('/')).toMatchObject({ status: 200, text: 'here' })
    expect(server.requests.map(({ headers }) => headers['x-retry-attempt'])).toEqual(['0', '1', '0', '1'])
  })

  it('gets the last answer when every attempt failed, and those that are never repeated as they are', async () => {
    server.behave(({ sequence }) => ({ status: 503, body: `away ${sequence}` }))
    expect(await call('/')).toMatchObject({ status: 503, text: 'away 2' })
    server.behave({ status: 500, body: 'broken' })
    expect(await call('/')).toMatchObject({ status: 500, text: 'broken' })
    server.behave({ status: 404, body: 'none' })
    expect(await call('/')).toMatchObject({ status: 404, text: 'none' })
    expect(server.requestCount).toBe(4)
  })

  it('sends a POST once, whatever becomes of it', async () => {
    for (const fault of ['reset', 'reset-in-body'] as const) {
      server.resetCounts()
      server.behave({ fault, body: 'x'.repeat(1_000) })
      expect(await causeOf(call('/', { method: 'POST', body: 'order' }))).toMatchObject({
        code: 'KEELSON_CLIENT_CONNECTION_RESET',
      })
      expect(server.requestCount).toBe(1)
    }
  })

  it('is refused by an open breaker', async () => {
    await client.isolate()
    expect(await causeOf(call('/'))).toMatchObject({ code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN' })
    expect(server.requestCount).toBe(0)
  })
})

describe('an answer', () => {
  it('is handed on while it comes, past the limit of the attempt', async () => {
    let finish: (() => void) | undefined
    const url = await serve((_incoming, response) => {
      response.write('first')
      finish = () => response.end('last')
    })
    const patient = make({ target: url, attemptTimeoutMs: 500 })
    const attempts: unknown[] = []
    closers.push(async () => unsubscribe())
    const unsubscribe = subscribe('keelson.client.attempt', (fact) => attempts.push(fact))
    const answer = await fetch(url, { dispatcher: patient.dispatcher() })
    const reader = answer.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first')
    expect(patient.state().inFlight, 'the call is not over').toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 700))
    finish?.()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('last')
    expect((await reader?.read())?.done).toBe(true)
    expect(attempts).toMatchObject([{ outcome: 'success', statusCode: 200 }])
    expect(patient.state().inFlight).toBe(0)
  })

  it('ends with the deadline of the call, and the dependency is not blamed', async () => {
    const url = await serve((_incoming, response) => response.write('first'))
    const hasty = make({ target: url, attemptTimeoutMs: 500, breaker: { minimumThroughput: 1 } })
    const answer = await fetch(url, { dispatcher: hasty.dispatcher({ timeoutMs: 900 }) })
    expect(answer.status).toBe(200)
    expect(await causeOf(answer.text())).toMatchObject({ code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED' })
    expect(hasty.state().breaker).toBe('closed')
  })

  it('that breaks off after it began is not asked for again, and counts against the dependency', async () => {
    server.behave({ fault: 'reset-in-body', body: 'x'.repeat(200_000) })
    const strict = make({ breaker: { minimumThroughput: 1 } })
    const { statusCode, body } = await request(server.url, { dispatcher: strict.dispatcher() })
    expect(statusCode).toBe(200)
    expect(await causeOf(body.text())).toMatchObject({ code: 'KEELSON_CLIENT_CONNECTION_RESET' })
    expect(strict.state().breaker).toBe('open')
    server.resetCounts()
    const again = await request(server.url, { dispatcher: client.dispatcher() })
    expect(await causeOf(again.body.text())).toMatchObject({ code: 'KEELSON_CLIENT_CONNECTION_RESET' })
    expect(server.requestCount).toBe(1)
  })

  it('is larger than what a client keeps: a reader that pauses holds the server back', async () => {
    const total = 64 * 1024 * 1024
    let written = 0
    const url = await serve((_incoming, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const source = Readable.from(
        (function* () {
          while (written < total) {
            written += chunk.length
            yield chunk
          }
        })(),
      )
      source.pipe(response)
    })
    const patient = make({ target: url, timeoutMs: 60_000 })
    const { body } = await request(url, { dispatcher: patient.dispatcher() })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(written, 'nobody reads, so what was written is in buffers of sockets').toBeLessThan(total / 2)
    let length = 0
    for await (const chunk of body) length += (chunk as Buffer).length // no encoding is set
    expect(length).toBe(total)
  })

  it('of a failed attempt that is too long to keep is handed on', async () => {
    server.behave({ status: 503, body: 'x'.repeat(300_000) })
    const answer = await fetch(server.url, { dispatcher: client.dispatcher() })
    expect([answer.status, (await answer.text()).length]).toEqual([503, 300_000])
    expect(server.requestCount).toBe(1)
  })

  it('keeps headers that come more than once, and its trailers', async () => {
    const url = await serve((_incoming, response) => {
      response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], trailer: 'x-sum' })
      response.write('body')
      response.addTrailers({ 'x-sum': '7' })
      response.end()
    })
    const own = make({ target: url })
    const answer = await fetch(url, { dispatcher: own.dispatcher() })
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    const { trailers, headers, body } = await request(url, { dispatcher: own.dispatcher() })
    await body.dump()
    expect([headers['set-cookie'], trailers]).toEqual([['a=1', 'b=2'], { 'x-sum': '7' }])
  })

  it("goes to the stream of undici's stream, at its pace", async () => {
    server.behave({ body: 'y'.repeat(500_000) })
    const chunks: Buffer[] = []
    const { Writable } = await import('node:stream')
    await stream(server.url, { dispatcher: client.dispatcher(), method: 'GET' }, () => {
      return new Writable({
        highWaterMark: 1_000,
        write: (chunk: Buffer, _encoding, done) => {
          chunks.push(chunk)
          setImmediate(done)
        },
      })
    })
    expect(Buffer.concat(chunks)).toHaveLength(500_000)
  })
})

describe('a body that is a stream', () => {
  it('arrives, and is sent once though a PUT may be made again', async () => {
    const send = (status: number) => {
      server.behave({ status, body: 'answer' })
      return request(`${server.url}/upload`, {
        method: 'PUT',
        body: Readable.from(pieces('one ', 'two')),
        dispatcher: client.dispatcher(),
      })
    }
    const stored = await send(200)
    expect([stored.statusCode, await stored.body.text()]).toEqual([200, 'answer'])
    const refused = await send(503)
    expect([refused.statusCode, await refused.body.text()]).toEqual([503, 'answer'])
    // The global fetch makes a stream of every body.
    await fetch(server.url, { method: 'PUT', body: 'three', dispatcher: client.dispatcher() })
    expect(server.requests.map(({ body }) => body)).toEqual(['one two', 'one two', 'three'])
  })

  it('is not sent again even when no connection was made', async () => {
    await server.kill()
    const attempts: unknown[] = []
    const unsubscribe = subscribe('keelson.client.attempt', (fact) => attempts.push(fact))
    closers.push(async () => unsubscribe())
    const put = (body: string | Readable) =>
      causeOf(request(server.url, { method: 'PUT', body, dispatcher: client.dispatcher() }))
    expect(await put(Readable.from(pieces('x')))).toMatchObject({ code: 'KEELSON_CLIENT_CONNECT_FAILED' })
    expect(attempts).toHaveLength(1)
    expect(await put('x')).toMatchObject({ code: 'KEELSON_CLIENT_CONNECT_FAILED' })
    expect(attempts, 'a text is').toHaveLength(3)
  })

  it('that fails is the fault of who made it', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('x')
        throw new Error('the disk is gone')
      })(),
    )
    const strict = make({ breaker: { minimumThroughput: 1 } })
    const call = request(server.url, { method: 'POST', body: broken, dispatcher: strict.dispatcher() })
    expect(await causeOf(call)).toMatchObject({
      code: 'KEELSON_CLIENT_REQUEST_INVALID',
      cause: { message: 'the disk is gone' },
    })
    expect(strict.state().breaker).toBe('closed')
  })
})

describe('an abort', () => {
  it('ends the call down to the socket, before the answer and within it', async () => {
    const closed: string[] = []
    const url = await serve((incoming, response) => {
      response.on('close', () => closed.push(incoming.url ?? ''))
      if (incoming.url === '/begun') response.write('first')
    })
    const own = make({ target: url, breaker: { minimumThroughput: 1 } })
    const dispatcher = own.dispatcher()
    const reason = new Error('enough')

    const silent = new AbortController()
    const waiting = fetch(`${url}/silent`, { dispatcher, signal: silent.signal })
    waiting.catch(() => undefined)
    await expect.poll(() => own.state().connections.connected).toBe(1)
    silent.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect.poll(() => closed).toEqual(['/silent'])

    const begun = new AbortController()
    const answer = await request(`${url}/begun`, { dispatcher, signal: begun.signal })
    begun.abort(reason)
    await expect(answer.body.text()).rejects.toBe(reason)
    await expect.poll(() => closed).toEqual(['/silent', '/begun'])
    expect(own.state()).toMatchObject({ inFlight: 0, breaker: 'closed' })
  })

  it('comes from the caller of the service, too', async () => {
    server.behave({ fault: 'black-hole' })
    const controller = new AbortController()
    const call = runWithContext({ requestId: 'r-1', signal: controller.signal }, () =>
      causeOf(fetch(server.url, { dispatcher: client.dispatcher() })),
    )
    await expect.poll(() => server.requestCount).toBe(1)
    controller.abort()
    expect(await call).toMatchObject({ code: 'KEELSON_CLIENT_CANCELLED' })
    await expect.poll(() => server.abortedCount).toBe(1)
    expect(server.requests[0]?.headers['x-request-id']).toBe('r-1')
  })
})
