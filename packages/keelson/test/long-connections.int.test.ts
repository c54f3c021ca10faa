import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { createService } from 'keelson'
import { attach } from 'keelson/attach'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const definition = { name: 'long', version: '1.0.0' } as const

function options(env: Readonly<Record<string, string>>) {
  return {
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', OPS__THREAD: 'false', ...env },
    argv: [],
    cwd: tmpdir(),
    signals: false,
    logDestination: { write: () => undefined },
  } as const
}

type Stoppable = Pick<Awaited<ReturnType<typeof createService>>, 'stop' | 'onClosing'>

interface Running {
  readonly service: Stoppable
  readonly server: Server
  readonly port: number
  /** Streams of events that callers read. */
  readonly streams: Set<ServerResponse>
}

function stream(streams: Set<ServerResponse>, response: ServerResponse): void {
  streams.add(response)
  response.once('close', () => streams.delete(response))
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
}

async function runWhole(env: Readonly<Record<string, string>>): Promise<Running> {
  const service = await createService(definition, options(env))
  closing.push(() => service.stop())
  const streams = new Set<ServerResponse>()
  service.app.get('/events', (_request, reply) => {
    reply.hijack()
    stream(streams, reply.raw)
  })
  const { port } = await service.start()
  return { service, server: service.app.server, port, streams }
}

async function runAttached(env: Readonly<Record<string, string>>): Promise<Running> {
  const streams = new Set<ServerResponse>()
  const server = createServer((_request, response) => stream(streams, response))
  const service = await attach(server, definition, options(env))
  closing.push(() => service.stop())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { service, server, port: (server.address() as AddressInfo).port, streams } // a TCP server
}

interface SocketClient {
  readonly client: WebSocket
  /** Code of the close frame; 1006 when there was none. */
  readonly closed: Promise<number>
}

async function openSocket({ server, port }: Running, sockets: WebSocketServer): Promise<SocketClient> {
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request))
  })
  const client = new WebSocket(`ws://127.0.0.1:${port}/live`)
  closing.push(() => client.terminate())
  const closed = new Promise<number>((resolve) => client.once('close', resolve))
  await once(client, 'open')
  return { client, closed }
}

describe.each([
  ['a whole service', runWhole],
  ['a server that keelson is attached to', runAttached],
])('a WebSocket of %s', (_name, run) => {
  it('gets the close frame of its owner when the service closes, and its last message before', async () => {
    const running = await run({})
    const sockets = new WebSocketServer({ noServer: true })
    sockets.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`)),
    )
    const { client, closed } = await openSocket(running, sockets)
    running.service.onClosing(async () => {
      const gone = [...sockets.clients].map((socket) => once(socket, 'close'))
      for (const socket of sockets.clients) {
        socket.send('goodbye')
        // "Going away", RFC 6455 section 7.4.1.
        socket.close(1_001, 'restart')
      }
      await Promise.all(gone)
    })
    const messages: string[] = []
    client.on('message', (data: Buffer) => messages.push(data.toString()))
    client.send('hello')
    await once(client, 'message')

    expect(await running.service.stop()).toMatchObject({ exitCode: 0, cut: [], failures: [] })
    expect(await closed).toBe(1_001)
    expect(messages).toEqual(['echo hello', 'goodbye'])
  })

  it('is closed without a frame when nobody owns it', async () => {
    const running = await run({})
    const { closed } = await openSocket(running, new WebSocketServer({ noServer: true }))
    expect(await running.service.stop()).toMatchObject({ exitCode: 0, cut: [] })
    expect(await closed).toBe(1_006)
  })

  it('is closed at the deadline when its owner waits for a caller that says nothing', async () => {
    const running = await run({ SHUTDOWN_GRACE: '500ms' })
    const sockets = new WebSocketServer({ noServer: true })
    const { closed } = await openSocket(running, sockets)
    running.service.onClosing(async () => {
      await Promise.all([...sockets.clients].map((socket) => once(socket, 'message')))
    })
    // No request was lost by it.
    expect(await running.service.stop()).toMatchObject({ exitCode: 0, cut: [] })
    expect(await closed).toBe(1_006)
  })
})

describe.each([
  ['a whole service', runWhole],
  ['a server that keelson is attached to', runAttached],
])('a stream of events of %s', (_name, run) => {
  it('is ended by its owner when the service closes, and its caller has it whole', async () => {
    const running = await run({})
    running.service.onClosing(() => {
      for (const response of running.streams) response.end('event: bye\n\n')
    })
    const answer = await fetch(`http://127.0.0.1:${running.port}/events`)
    const whole = answer.text()
    whole.catch(() => undefined)
    expect(await running.service.stop()).toMatchObject({ exitCode: 0, cut: [] })
    expect(await whole).toBe('data: 1\n\nevent: bye\n\n')
  })

  it('is a request under way without one: cut at the deadline, and named', async () => {
    const running = await run({ SHUTDOWN_GRACE: '500ms' })
    const headers = { 'x-request-id': 'events-1' }
    const answer = await fetch(`http://127.0.0.1:${running.port}/events`, { headers })
    const cut = expect(answer.text()).rejects.toThrow()
    expect(await running.service.stop()).toMatchObject({ exitCode: 70, cut: [{ requestId: 'events-1' }] })
    await cut
  })
})
