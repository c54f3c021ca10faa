import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** One request. */
export interface HttpCall {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Longest wait for the whole answer, in milliseconds. */
  readonly timeoutMs?: number
  /** Connection to use again; without one the call opens its own and closes it. */
  readonly connection?: KeptConnection
}

/** A complete answer. */
export interface HttpAnswer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Cut after 8 MiB. */
  readonly body: string
  /** From the call to the last byte, in milliseconds. */
  readonly durationMs: number
}

/** No complete answer. */
export interface HttpFailure {
  readonly kind: 'failure'
  /** `ECONNREFUSED`, `ECONNRESET`, …; `TIMEOUT` is the patience of the caller. */
  readonly code: string
  /** Whether the connection was taken before it failed. */
  readonly connected: boolean
  readonly durationMs: number
}

export type HttpResult = HttpAnswer | HttpFailure

/** At most one connection, kept open between calls as a load balancer keeps it. */
export interface KeptConnection {
  readonly agent: HttpAgent
  close(): void
}

// A probe or a metrics page is far smaller; whoever answers more is judged by what came first.
const MAX_BODY_BYTES = 8 * 1024 * 1024
// A hang must not stop the whole run; every probe time-out in the field is shorter.
const PATIENCE_MS = 5_000

/** Makes a connection that calls can share. */
export function keepConnection(url: string): KeptConnection {
  const options = { keepAlive: true, maxSockets: 1 }
  const agent = url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options)
  return { agent, close: () => agent.destroy() }
}

/** Makes one request. Never rejects: a failure is a fact like any other. */
export function call({
  url,
  method = 'GET',
  headers = {},
  body,
  timeoutMs = PATIENCE_MS,
  connection,
}: HttpCall): Promise<HttpResult> {
  const started = performance.now()
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve) => {
    let connected = false
    const fail = (code: string) =>
      resolve({ kind: 'failure', code, connected, durationMs: performance.now() - started })
    const request = send(url, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: connection?.agent ?? false,
    })
    const timer = setTimeout(() => {
      fail('TIMEOUT')
      request.destroy()
    }, timeoutMs)
    request.once('close', () => {
      clearTimeout(timer)
      fail('ECONNRESET')
    })
    request.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.name))
    request.once('socket', (socket) => {
      connected = !socket.connecting
      // A kept socket has told of its connection to the first call.
      if (socket.connecting) socket.once('connect', () => (connected = true))
    })
    request.once('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        if (bytes < MAX_BODY_BYTES) chunks.push(chunk)
        bytes += chunk.length
      })
      response.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.name))
      response.once('end', () => {
        resolve({
          kind: 'answer',
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          durationMs: performance.now() - started,
        })
      })
    })
    request.end(body)
  })
}

/** A header of an answer as one text; empty when it is absent. */
export function headerOf(answer: HttpAnswer, name: string): string {
  const value = answer.headers[name]
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

/** What came back, for a report: `503`, `no answer (ECONNREFUSED)`. */
export function showResult(result: HttpResult): string {
  return result.kind === 'answer' ? String(result.status) : `no answer (${result.code})`
}
