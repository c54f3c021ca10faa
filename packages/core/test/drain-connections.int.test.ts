import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createRequestOpener, createServerDrain, listen, type ServerDrain } from '@keelson/core/http'

const lingerMs = 1_000
const deadlineMs = 60_000

const opened: { server: Server; callers: Socket[] }[] = []

afterEach(() => {
  for (const { server, callers } of opened.splice(0)) {
    for (const caller of callers) caller.destroy()
    server.closeAllConnections()
    server.close()
  }
})

interface Served {
  readonly server: Server
  readonly drain: ServerDrain
  readonly clock: FakeClock
  /** Connections as the server sees them, oldest first. */
  readonly connections: readonly Socket[]
  /** Opens a connection and sends bytes as they are. */
  readonly call: (bytes: string) => Promise<Caller>
}

interface Caller {
  readonly socket: Socket
  /** Everything received so far. */
  readonly text: () => string
  readonly closed: Promise<unknown>
}

async function serve(handler: RequestListener): Promise<Served> {
  const clock = createFakeClock()
  const open = createRequestOpener({ clock })
  const server = createServer((request, response) => {
    const inbound = open(request)
    inbound.response = response
    drain.track(inbound, response)
    response.on('close', () => drain.release(response))
    handler(request, response)
  })
  const connections: Socket[] = []
  server.on('connection', (socket: Socket) => connections.push(socket))
  const drain = createServerDrain(server, { lingerMs, clock })
  const port = await listen(server, { host: '127.0.0.1', port: 0, portVariable: 'PORT', purpose: 'test' })
  const callers: Socket[] = []
  opened.push({ server, callers })
  return {
    server,
    drain,
    clock,
    connections,
    async call(bytes) {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
      callers.push(socket)
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
      socket.on('error', () => undefined)
      const closed = once(socket, 'end').then(() => socket.end())
      await once(socket, 'connect')
      socket.write(bytes)
      return { socket, text: () => text, closed }
    },
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn()
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: test\r\n\r\n`
}

/** The `connection` headers of all answers received, in their order. */
function connectionHeaders(text: string): readonly string[] {
  return [...text.matchAll(/^connection: (.*)\r$/gim)].map(([, value]) => value ?? '')
}

/** Keeps answers open until they are asked for by their path. */
function holdAnswers(): {
  handler: RequestListener
  end: (path: string) => void
  has: (path: string) => boolean
} {
  const held = new Map<string, ServerResponse>()
  return {
    handler: (request, response) => held.set(request.url ?? '', response),
    end: (path) => held.get(path)?.end(path),
    has: (path) => held.has(path),
  }
}

const stream: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
}

const upgrade = 'GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: test\r\n\r\n'

async function serveUpgrades(): Promise<Served & { upgraded: Socket[] }> {
  const upgraded: Socket[] = []
  const served = await serve((_request, response) => response.end())
  served.server.on('upgrade', (_request, socket: Socket) => {
    upgraded.push(socket)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: test\r\n\r\n')
    socket.on('end', () => socket.end())
  })
  return { ...served, upgraded }
}

describe('a pipelining caller', () => {
  it('is told to leave by the last of its answers, and loses none', async () => {
    const held = holdAnswers()
    const { drain, clock, call } = await serve(held.handler)
    const caller = await call(get('/first') + get('/second'))
    await until(() => held.has('/second'))
    const closing = drain.close(clock.monotonic() + deadlineMs)
    held.end('/first')
    held.end('/second')
    await caller.closed
    expect(connectionHeaders(caller.text())).toEqual(['keep-alive', 'close'])
    expect(caller.text()).toContain('/second')
    expect(await closing).toEqual([])
  })

  it('loses no request that came after the announcement, behind one under way', async () => {
    const held = holdAnswers()
    const { drain, clock, call } = await serve(held.handler)
    const caller = await call(get('/first'))
    await until(() => held.has('/first'))
    drain.announce()
    caller.socket.write(get('/second'))
    await until(() => held.has('/second'))
    held.end('/first')
    held.end('/second')
    await caller.closed
    expect(connectionHeaders(caller.text())).toEqual(['keep-alive', 'close'])
    expect(caller.text()).toContain('/second')
    expect(await drain.close(clock.monotonic() + deadlineMs)).toEqual([])
  })

  it('loses no answer that was complete behind one under way when the stop began', async () => {
    const held = holdAnswers()
    const { drain, clock, call } = await serve(held.handler)
    const caller = await call(get('/first') + get('/second'))
    await until(() => held.has('/second'))
    held.end('/second')
    const closing = drain.close(clock.monotonic() + deadlineMs)
    held.end('/first')
    await until(() => caller.text().includes('/second'))
    // Nothing could tell this caller to leave: it is swept like an idle one.
    await clock.advance(lingerMs)
    await caller.closed
    expect(await closing).toEqual([])
  })
})

describe('a connection on which a request has begun to arrive', () => {
  it('may bring the rest of it for a second linger', async () => {
    const { drain, clock, call, connections } = await serve((_request, response) => response.end('whole'))
    const caller = await call('')
    await until(() => connections.length === 1)
    const closing = drain.close(clock.monotonic() + deadlineMs)
    caller.socket.write('GET / HTTP/1.1\r\nho')
    await until(() => (connections[0]?.bytesRead ?? 0) > 0)
    await clock.advance(lingerMs)
    caller.socket.write('st: test\r\n\r\n')
    await caller.closed
    expect(caller.text()).toContain('whole')
    expect(await closing).toEqual([])
  })

  it('is closed after it', async () => {
    const { drain, clock, call, connections } = await serve((_request, response) => response.end('whole'))
    const caller = await call('')
    await until(() => connections.length === 1)
    const closing = drain.close(clock.monotonic() + deadlineMs)
    caller.socket.write('GET / HTTP/1.1\r\nho')
    await until(() => (connections[0]?.bytesRead ?? 0) > 0)
    await clock.advance(2 * lingerMs)
    await caller.closed
    expect(await closing).toEqual([])
  })
})

describe('a caller that has closed its half of the connection', () => {
  it('counts as gone, with the request that it waited for', async () => {
    const held = holdAnswers()
    const { drain, clock, call } = await serve(held.handler)
    const caller = await call(get('/first'))
    await until(() => held.has('/first'))
    caller.socket.end()
    await until(() => drain.inFlightCount === 0)
    expect(await drain.close(clock.monotonic() + deadlineMs)).toEqual([])
  })
})

describe('a stream of events', () => {
  it('is ended by its owner once the listener has closed, and then held against nobody', async () => {
    const streams = new Set<ServerResponse>()
    const { drain, clock, call, server } = await serve((request, response) => {
      streams.add(response)
      stream(request, response)
    })
    const wasListening: boolean[] = []
    drain.onClosing(() => {
      wasListening.push(server.listening)
      for (const response of streams) response.end('event: bye\n\n')
    })
    const caller = await call(get('/events'))
    await until(() => caller.text().includes('data: 1'))
    drain.announce()
    expect(wasListening).toEqual([])
    const closing = drain.close(clock.monotonic() + deadlineMs)
    await until(() => caller.text().endsWith('event: bye\n\n\r\n0\r\n\r\n'))
    expect(wasListening).toEqual([false])
    await clock.advance(lingerMs)
    await caller.closed
    expect(await closing).toEqual([])
  })

  it('is a request like any other without one: waited for, then cut', async () => {
    const { drain, clock, call } = await serve(stream)
    const caller = await call(get('/events'))
    await until(() => caller.text().includes('data: 1'))
    const closing = drain.close(clock.monotonic() + deadlineMs)
    await clock.advance(deadlineMs - 1)
    expect(drain.inFlightCount).toBe(1)
    await clock.advance(1)
    expect((await closing).map((inbound) => inbound.request.url)).toEqual(['/events'])
  })
})

describe('an upgraded connection', () => {
  it('is left alone until its owner has said goodbye', async () => {
    const { drain, clock, call, upgraded } = await serveUpgrades()
    const goodbye = Promise.withResolvers<void>()
    drain.onClosing(() => goodbye.promise)
    const caller = await call(upgrade)
    await until(() => upgraded.length === 1)
    const closing = drain.close(clock.monotonic() + deadlineMs)
    await clock.advance(10 * lingerMs)
    upgraded[0]?.write('goodbye')
    goodbye.resolve()
    await turn()
    await clock.advance(lingerMs)
    await caller.closed
    expect(caller.text()).toContain('goodbye')
    expect(await closing).toEqual([])
  })

  it('is closed after the linger without one, and after a second while it chatters', async () => {
    const { drain, clock, call, upgraded } = await serveUpgrades()
    const quiet = await call(upgrade)
    const chatty = await call(upgrade)
    await until(() => upgraded.length === 2)
    const closing = drain.close(clock.monotonic() + deadlineMs)
    const bytes = upgraded.map((socket) => socket.bytesRead)
    chatty.socket.write('and another thing')
    await until(() => upgraded.some((socket, index) => socket.bytesRead > (bytes[index] ?? 0)))
    await clock.advance(lingerMs)
    await quiet.closed
    await clock.advance(lingerMs)
    await chatty.closed
    expect(await closing).toEqual([])
  })

  it('goes at the deadline when its owner never comes to an end', async () => {
    const { drain, clock, call, upgraded } = await serveUpgrades()
    drain.onClosing(() => new Promise(() => undefined))
    await call(upgrade)
    await until(() => upgraded.length === 1)
    const closing = drain.close(clock.monotonic() + deadlineMs)
    await clock.advance(deadlineMs)
    // No request was lost by it.
    expect(await closing).toEqual([])
    expect(upgraded[0]?.destroyed).toBe(true)
  })
})

describe('a hook that fails', () => {
  it('is an uncaught error, and the stop goes on', async () => {
    const uncaught: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => uncaught.push(error))
    try {
      const { drain, clock, call, connections } = await serve((_request, response) => response.end())
      const told: string[] = []
      const failure = new Error('no goodbye')
      drain.onClosing(() => {
        throw failure
      })
      drain.onClosing(() => void told.push('second'))
      const caller = await call('')
      await until(() => connections.length === 1)
      const closing = drain.close(clock.monotonic() + deadlineMs)
      await until(() => uncaught.length > 0)
      expect(uncaught).toEqual([failure])
      expect(told).toEqual(['second'])
      await clock.advance(lingerMs)
      await caller.closed
      expect(await closing).toEqual([])
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of before) process.on('uncaughtException', listener)
    }
  })
})
