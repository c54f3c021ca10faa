import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What the server does with one request. */
export interface FaultBehaviour {
  /** Wait before the answer, in milliseconds. @defaultValue 0 */
  readonly delayMs?: number
  /** @defaultValue 200 */
  readonly status?: number
  /** Added to `content-type` and `content-length`; `transfer-encoding: chunked` stands in for the latter. */
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes are sent as they are, anything else as JSON. @defaultValue `{}` as JSON */
  readonly body?: unknown
  /**
   * `reset` cuts the connection by RST in place of an answer, `reset-after-headers` after the headers, `reset-in-body` after half
   * of the body; `black-hole` never answers; `slow-body` sends the body in ten pieces, `pieceDelayMs` apart.
   */
  readonly fault?: 'reset' | 'reset-after-headers' | 'reset-in-body' | 'black-hole' | 'slow-body'
  /** Pause between the pieces of a slow body, in milliseconds. @defaultValue 100 */
  readonly pieceDelayMs?: number
}

/** One request that arrived, its body read to the end. */
export interface FaultRequest {
  readonly method: string
  /** Path and query as they were sent. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** 1 for the first request since the server was made. */
  readonly sequence: number
}

/** Decides what is done with a request. */
export type FaultDecision = FaultBehaviour | ((request: FaultRequest) => FaultBehaviour)

/** A server that fails as it is told to. */
export interface FaultServer {
  /** `http://127.0.0.1:<port>`; stays the same over {@link kill} and {@link revive}. */
  readonly url: string
  /** The last 1,000 requests, oldest first. */
  readonly requests: readonly FaultRequest[]
  /** Requests that arrived since the server was made or {@link resetCounts} was called. */
  readonly requestCount: number
  /** Connections that were opened in that time. */
  readonly connectionCount: number
  /** Requests whose caller left before the answer was complete, in that time. */
  readonly abortedCount: number
  /** Sets what is done with every further request. */
  behave(decision: FaultDecision): void
  /** Cuts every connection and refuses further ones, as a killed process does. */
  kill(): Promise<void>
  /** Listens again, on the same port. */
  revive(): Promise<void>
  resetCounts(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const keptRequestCount = 1_000
const pieceCount = 10

/**
 * Starts a {@link FaultServer} on 127.0.0.1.
 *
 * @param decision what it does at first; by default it answers 200 with `{}`
 */
export async function createFaultServer(decision: FaultDecision = {}): Promise<FaultServer> {
  let behaviour = decision
  let requests: FaultRequest[] = []
  let sequence = 0
  let counts = { requestCount: 0, connectionCount: 0, abortedCount: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((incoming, response) => {
    void answer(incoming, response)
  })
  server.on('connection', (socket) => {
    counts.connectionCount += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('close', () => {
      if (!response.writableFinished) counts.abortedCount += 1
    })
    const body = await readBody(incoming)
    counts.requestCount += 1
    sequence += 1
    const request: FaultRequest = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body,
      sequence,
    }
    requests.push(request)
    if (requests.length >= 2 * keptRequestCount) requests = requests.slice(-keptRequestCount)
    perform(typeof behaviour === 'function' ? behaviour(request) : behaviour, response)
  }

  await listen(server, 0)
  // A server that listens on TCP has an address object.
  const { port } = server.address() as AddressInfo
  const kill = () => stop(server, sockets)
  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests.slice(-keptRequestCount)
    },
    get requestCount() {
      return counts.requestCount
    },
    get connectionCount() {
      return counts.connectionCount
    },
    get abortedCount() {
      return counts.abortedCount
    },
    behave(next) {
      behaviour = next
    },
    kill,
    revive: () => listen(server, port),
    resetCounts() {
      counts = { requestCount: 0, connectionCount: 0, abortedCount: 0 }
    },
    close: kill,
    [Symbol.asyncDispose]: kill,
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve()
      return
    }
    server.close(() => resolve())
    for (const socket of sockets) socket.resetAndDestroy()
  })
}

/** The body as text; what came of it when the caller left in the middle. */
async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer) // without an encoding a request yields buffers
  } catch {
    // The caller has left; the request is counted all the same.
  }
  return Buffer.concat(chunks).toString()
}

function perform(behaviour: FaultBehaviour, response: ServerResponse): void {
  if (behaviour.fault === 'black-hole') return
  if (behaviour.delayMs === undefined) respond(behaviour, response)
  else afterwards(response, behaviour.delayMs, () => respond(behaviour, response))
}

function respond(behaviour: FaultBehaviour, response: ServerResponse): void {
  const { fault, status = 200, headers = {} } = behaviour
  if (fault === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { bytes, type } = encode(behaviour.body ?? {})
  const length = 'transfer-encoding' in headers ? {} : { 'content-length': bytes.length }
  response.writeHead(status, { 'content-type': type, ...length, ...headers })
  if (fault === 'reset-after-headers') {
    response.flushHeaders()
    cut(response)
  } else if (fault === 'reset-in-body') {
    response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
    cut(response)
  } else if (fault === 'slow-body') {
    response.flushHeaders()
    drip(bytes, behaviour.pieceDelayMs ?? 100, response)
  } else {
    response.end(bytes)
  }
}

/** Cuts the connection once what was written is on its way. */
function cut(response: ServerResponse): void {
  afterwards(response, 20, () => response.socket?.resetAndDestroy())
}

function drip(bytes: Buffer, pieceDelayMs: number, response: ServerResponse): void {
  const pieceBytes = Math.max(1, Math.ceil(bytes.length / pieceCount))
  let sentBytes = 0
  const timer = setInterval(() => {
    response.write(bytes.subarray(sentBytes, sentBytes + pieceBytes))
    sentBytes += pieceBytes
    if (sentBytes < bytes.length) return
    clearInterval(timer)
    response.end()
  }, pieceDelayMs)
  response.once('close', () => clearInterval(timer))
}

/** A timer that ends with the connection. */
function afterwards(response: ServerResponse, delayMs: number, act: () => void): void {
  const timer = setTimeout(act, delayMs)
  response.once('close', () => clearTimeout(timer))
}

function encode(body: unknown): { readonly bytes: Buffer; readonly type: string } {
  if (Buffer.isBuffer(body)) return { bytes: body, type: 'application/octet-stream' }
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: 'text/plain; charset=utf-8' }
  return { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json' }
}
