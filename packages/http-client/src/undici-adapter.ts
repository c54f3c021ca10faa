import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import { type Dispatcher, Pool } from 'undici'
import { closedError } from './closed-error.ts'
import { StreamHandler } from './stream-handler.ts'
import type { AnswerHeaders, Exchange, Transport, WireAnswer, WireRequest } from './transport.ts'

/** Options of {@link createUndiciTransport}; the defaults are the client's. */
export interface UndiciTransportOptions {
  /** Name of the dependency, for messages. */
  readonly dependency: string
  /** Scheme, host and port. */
  readonly origin: string
  readonly connectTimeoutMs: number
  readonly maxConnections: number
  readonly keepAliveMs: number
  /** Largest body of an answer in bytes, as it is at the time. */
  readonly maxResponseBytes: () => number
  /** Age in milliseconds at which a connection is not used for further requests; 0 for none. */
  readonly connectionMaxAgeMs: number
  /** Gives the addresses that connections are made to. */
  readonly lookup: LookupFunction
  /** Which of the endpoints it leads to, for errors. */
  readonly endpoint: string
}

/** Opens a pool of connections to one origin; none is made before the first request. */
export function createUndiciTransport(options: UndiciTransportOptions): Transport {
  const pool = new Pool(options.origin, {
    connections: options.maxConnections,
    connect: { timeout: options.connectTimeoutMs, allowH2: false, lookup: options.lookup },
    clientTtl: options.connectionMaxAgeMs,
    keepAliveTimeout: options.keepAliveMs,
    keepAliveMaxTimeout: options.keepAliveMs,
    // The attempt owns its timer: these start after the queue, and are coarse below a second (undici 8.12, measured 2026-11).
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  })
  return {
    get stats() {
      const { connected, free, pending } = pool.stats
      return { connected, free, pending }
    },
    send: (request, exchange) =>
      new Promise((resolve, reject) => {
        const handler = new ExchangeHandler(options, request.method, exchange, { resolve, reject })
        exchange.onAbort((reason) => handler.abort(reason))
        pool.dispatch(dispatchOptions(request), handler)
      }),
    stream: (request, exchange, receiver) =>
      new Promise((resolve, reject) => {
        const toError = (error: Error) => toClientError(error, exchange, options)
        const handler = new StreamHandler(exchange, receiver, { resolve, reject, toError })
        exchange.onAbort((reason) => handler.abort(reason))
        pool.dispatch(
          dispatchOptions(request, (error) => handler.failBody(error)),
          handler,
        )
      }),
    close: () => pool.close(),
  }
}

function dispatchOptions(
  { method, path, headers, body }: WireRequest,
  onBodyError: (error: unknown) => void = () => undefined,
): Dispatcher.DispatchOptions {
  if (body === undefined) return { method, path, headers, body: null }
  if (typeof body === 'string' || body instanceof Uint8Array) return { method, path, headers, body }
  const source = Symbol.asyncIterator in body.source ? watched(body.source, onBodyError) : body.source
  // undici also takes iterables and blobs (8.12, core/request.js), and refuses what it does not take with UND_ERR_INVALID_ARG.
  return { method, path, headers, body: source as Readable }
}

/** Tells a body that fails from a connection that breaks: undici destroys the socket with the body's own error. */
async function* watched(source: object, onError: (error: unknown) => void): AsyncGenerator {
  try {
    yield* source as AsyncIterable<unknown> // asked for by the caller
  } catch (error) {
    onError(error)
    throw error
  }
}

interface ExchangeResult {
  readonly resolve: (answer: WireAnswer) => void
  readonly reject: (error: KeelsonError) => void
}

/** Collects one answer; cheaper than `pool.request()`, which makes a stream for each. */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #options: UndiciTransportOptions
  readonly #method: string
  readonly #exchange: Exchange
  readonly #result: ExchangeResult
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #aborted: KeelsonError | undefined
  #status = 0
  #headers: AnswerHeaders = {}
  #byteCount = 0

  constructor(options: UndiciTransportOptions, method: string, exchange: Exchange, result: ExchangeResult) {
    this.#options = options
    this.#method = method
    this.#exchange = exchange
    this.#result = result
  }

  /** Ends the exchange down to the socket; a request that still waits for a connection is never sent. */
  abort(reason: KeelsonError): void {
    this.#aborted ??= reason
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#aborted !== undefined) {
      controller.abort(this.#aborted)
      return
    }
    this.#controller = controller
    this.#exchange.phase = 'headers'
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController): void {
    controller.abort(new Error('The dependency switched protocols.'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    this.#exchange.phase = 'body'
    // Announced already; the answer to HEAD announces a body that does not come.
    const announcedBytes = this.#method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0)
    if (announcedBytes > this.#options.maxResponseBytes()) this.#refuseSize(controller)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#byteCount += chunk.length
    if (this.#byteCount > this.#options.maxResponseBytes()) this.#refuseSize(controller)
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const [first, ...rest] = this.#chunks
    const bytes = first !== undefined && rest.length === 0 ? first : Buffer.concat(this.#chunks)
    this.#result.resolve({ status: this.#status, headers: this.#headers, bytes })
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#result.reject(toClientError(error, this.#exchange, this.#options))
  }

  #refuseSize(controller: Dispatcher.DispatchController): void {
    const { dependency } = this.#options
    const maxResponseBytes = this.#options.maxResponseBytes()
    this.#chunks.length = 0
    controller.abort(
      new KeelsonError(
        'KEELSON_CLIENT_RESPONSE_TOO_LARGE',
        `${dependency} answers with more than ${maxResponseBytes} bytes. Ask for less at a time, or raise maxResponseBytes.`,
        { statusCode: 502, details: { dependency, maxResponseBytes } },
      ),
    )
  }
}

/** What undici refuses to send; `UND_ERR_NOT_SUPPORTED` is the header `expect`. */
const invalidReasons: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

/** The one way in for errors of undici and of the sockets below it. */
function toClientError(error: Error, exchange: Exchange, options: UndiciTransportOptions): KeelsonError {
  if (isKeelsonError(error)) return error
  const { dependency, origin, endpoint } = options
  const reason = codeOf(error)
  const details = { dependency, reason, endpoint }
  if (invalidReasons.has(reason)) {
    const message = `The call to ${dependency} cannot be written as an HTTP request: ${error.message}.`
    return new KeelsonError('KEELSON_CLIENT_REQUEST_INVALID', message, { cause: error, details })
  }
  if (reason === 'UND_ERR_CLOSED' || reason === 'UND_ERR_DESTROYED') return closedError(dependency, error)
  if (exchange.phase === 'connect') {
    return new KeelsonError(
      'KEELSON_CLIENT_CONNECT_FAILED',
      `No connection to ${dependency} at ${origin} could be made (${reason}). Check its address, and whether it runs.`,
      { cause: error, retryable: true, statusCode: 502, details },
    )
  }
  return new KeelsonError(
    'KEELSON_CLIENT_CONNECTION_RESET',
    `The connection to ${dependency} broke before its answer was complete (${reason}).`,
    { cause: error, retryable: true, statusCode: 502, details: { ...details, phase: exchange.phase } },
  )
}

function codeOf(error: Error): string {
  // A connection tried on several addresses fails with all their errors together.
  const errors: unknown[] = error instanceof AggregateError ? [error, ...error.errors] : [error]
  for (const each of errors) {
    if (each instanceof Error && 'code' in each && typeof each.code === 'string') return each.code
  }
  return error.name
}
