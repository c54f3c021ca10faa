import { Agent, createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createRequestOpener,
  createServerDrain,
  listen,
  type ServerDrain,
  type ServerDrainOptions,
} from '@keelson/core/http'

const opened: { server: Server; agent: Agent }[] = []

afterEach(() => {
  for (const { server, agent } of opened.splice(0)) {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  }
})

async function serve(
  handler: RequestListener,
  options: ServerDrainOptions = {},
  clock?: FakeClock,
): Promise<{ port: number; agent: Agent; drain: ServerDrain }> {
  const open = createRequestOpener(clock === undefined ? {} : { clock })
  const server = createServer((request, response) => {
    const inbound = open(request)
    inbound.response = response
    drain.track(inbound, response)
    response.on('close', () => drain.release(response))
    handler(request, response)
  })
  const drain = createServerDrain(server, { lingerMs: 50, ...options })
  const port = await listen(server, { host: '127.0.0.1', port: 0, portVariable: 'PORT', purpose: 'test' })
  const agent = new Agent({ keepAlive: true })
  opened.push({ server, agent })
  return { port, agent, drain }
}

function ask(port: number, agent: Agent, path = '/'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, resolve).on('error', reject)
  })
}

async function askWhole(port: number, agent: Agent): Promise<IncomingMessage> {
  const response = await ask(port, agent)
  await sizeOf(response)
  // The connection goes back to the agent, or ends, a turn later.
  await new Promise((resolve) => setImmediate(resolve))
  return response
}

async function sizeOf(response: IncomingMessage): Promise<number> {
  let size = 0
  for await (const chunk of response) size += (chunk as Buffer).length
  return size
}

const soon = () => performance.now() + 20_000

describe('createServerDrain', () => {
  it('completes what is under way and tells its connection to leave, also when the answer began before', async () => {
    let finish: (() => void) | undefined
    const arrived = Promise.withResolvers<void>()
    const { port, agent, drain } = await serve((_request, response) => {
      finish = () => response.end('done')
      arrived.resolve()
    })
    const asking = ask(port, agent)
    asking.catch(() => undefined)
    await arrived.promise
    drain.announce()
    const closing = drain.close(soon())
    expect(drain.inFlightCount).toBe(1)
    finish?.()
    const response = await asking
    expect(response.headers.connection).toBe('close')
    expect(await sizeOf(response)).toBe(4)
    expect(await closing).toEqual([])
    expect(drain.inFlightCount).toBe(0)
  })

  it('serves new requests after the announcement, each with connection: close', async () => {
    const { port, agent, drain } = await serve((_request, response) => response.end('ok'))
    await sizeOf(await ask(port, agent))
    drain.announce()
    const kept = await ask(port, agent)
    expect([kept.statusCode, kept.headers.connection]).toEqual([200, 'close'])
    const fresh = await ask(port, new Agent())
    expect([fresh.statusCode, fresh.headers.connection]).toEqual([200, 'close'])
    drain.withdraw()
    expect((await ask(port, agent)).headers.connection).toBe('keep-alive')
  })

  it('delivers an answer whole that is complete but still in the socket buffer', async () => {
    const size = 20 * 1024 * 1024
    const { port, agent, drain } = await serve((_request, response) => response.end(Buffer.alloc(size)))
    const response = await ask(port, agent)
    const closing = drain.close(soon())
    // Nothing has been read yet: the answer cannot have left the server whole.
    expect(await sizeOf(response)).toBe(size)
    expect(await closing).toEqual([])
  })

  it('closes idle and never-used connections after the linger', async () => {
    const { port, agent, drain } = await serve((_request, response) => response.end('ok'))
    await sizeOf(await ask(port, agent))
    const unused: Socket = connect(port, '127.0.0.1')
    await once(unused, 'connect')
    const ended = once(unused, 'close')
    expect(await drain.close(soon())).toEqual([])
    await ended
    await expect(ask(port, new Agent())).rejects.toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }))
  })

  it('cuts what is left at the deadline, aborts its signal, names it and lets it end', async () => {
    let aborted: unknown
    let ended = false
    const { port, agent, drain } = await serve((request, response) => {
      response.on('close', () => (ended = true))
      drain.inFlight()[0]?.signal.addEventListener('abort', () => (aborted = request.url))
    })
    const asking = ask(port, agent, '/slow').catch((error: unknown) => error)
    while (drain.inFlightCount === 0) await new Promise((resolve) => setImmediate(resolve))
    const cut = await drain.close(performance.now() + 200)
    expect(cut.map((inbound) => inbound.request.url)).toEqual(['/slow'])
    expect(aborted).toBe('/slow')
    expect(ended).toBe(true)
    expect(await asking).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('createServerDrain with connectionMaxAgeMs', () => {
  it('tells a connection to leave when it is older than its own share of the spread, and not before', async () => {
    const clock = createFakeClock()
    const ages = [0, 1]
    const { port, agent, drain } = await serve(
      (_request, response) => response.end('ok'),
      {
        connectionMaxAgeMs: 1_000,
        random: () => ages.shift() ?? 0.5,
        clock,
      },
      clock,
    )
    const connection = async () => (await askWhole(port, agent)).headers.connection
    expect(await connection()).toBe('keep-alive')
    await clock.advance(799)
    expect(await connection()).toBe('keep-alive')
    await clock.advance(1)
    expect(await connection()).toBe('close')
    // The next request opens another one, whose share is the longest.
    expect(await connection()).toBe('keep-alive')
    await clock.advance(1_199)
    expect(await connection()).toBe('keep-alive')
    await clock.advance(1)
    expect(await connection()).toBe('close')
    expect(drain.inFlightCount).toBe(0)
  })
})

describe('listen', () => {
  it('names the port and the variable when the port is taken', async () => {
    const { port } = await serve(() => {})
    const second = createServer()
    const refused = listen(second, { host: '127.0.0.1', port, portVariable: 'PORT', purpose: 'test' })
    await expect(refused).rejects.toThrow(
      expect.objectContaining({
        code: 'KEELSON_HTTP_ADDRESS_IN_USE',
        message: expect.stringMatching(new RegExp(`${port}.*PORT`)),
      }),
    )
  })
})
