import type { EventEmitter } from 'node:events'
import type { AnswerHeaders } from './transport.ts'

/** Options of `client.dispatcher()`. */
export interface DispatcherOptions {
  /**
   * Time in milliseconds for each request, its answer's body included, in place of the policy's `timeoutMs`.
   *
   * @range 1 to 3,600,000
   * @defaultValue that of the policy
   */
  readonly timeoutMs?: number
}

/** A request as undici describes it. Options that are not named here (`headersTimeout`, `blocking`, …) have no effect: the policy has. */
export interface DispatchRequest {
  /** Scheme, host and port of the target; may be left out. */
  readonly origin?: string | URL | undefined
  /** Path and query; the path of the target is not put in front of it. */
  readonly path: string
  readonly method: string
  /** Text and bytes may be sent again; every other body (streams, iterables, blobs, forms) is sent once. */
  readonly body?: unknown
  /** An object, a list of names and values in turn, or an iterable of pairs. */
  readonly headers?: unknown
  readonly query?: Readonly<Record<string, unknown>> | undefined
  /** Refused. */
  readonly upgrade?: boolean | string | null | undefined
}

/** How a handler controls its exchange. */
export interface DispatchControl {
  readonly aborted: boolean
  readonly paused: boolean
  readonly reason: Error | null
  /** Names and values in turn, as they came; `null` before the answer. */
  readonly rawHeaders: Buffer[] | null
  /** Ends the call down to the socket; the handler hears of it by `onResponseError`. */
  abort(reason?: Error): void
  /** Stops reading the answer from the socket. */
  pause(): void
  resume(): void
}

/** Hears of an exchange. Both forms of undici are known: that of 7 and 8 (`onRequestStart`, …), and the one before (`onConnect`, …). */
export interface DispatchHandler {
  onRequestStart?(control: DispatchControl, context: object): void
  onResponseStart?(
    control: DispatchControl,
    statusCode: number,
    headers: AnswerHeaders,
    statusMessage?: string,
  ): void
  onResponseData?(control: DispatchControl, chunk: Buffer): void
  onResponseEnd?(control: DispatchControl, trailers: AnswerHeaders): void
  onResponseError?(control: DispatchControl, error: Error): void
  onConnect?(abort: (reason?: Error) => void, context: object): void
  /** False pauses. */
  onHeaders?(statusCode: number, headers: Buffer[], resume: () => void, statusMessage: string): boolean
  /** False pauses. */
  onData?(chunk: Buffer): boolean
  onComplete?(trailers: readonly unknown[] | null): void
  onError?(error: Error): void
}

/**
 * A dispatcher in the form of undici's, for the `dispatcher` option of the global `fetch`, of undici's functions and of libraries. Emits no
 * events.
 */
export interface ClientDispatcher extends EventEmitter {
  /**
   * Sends one request through the layers of the client. Failures are told to the handler as KeelsonErrors.
   *
   * @returns true: there is no need to wait for `drain`
   * @throws KEELSON_CLIENT_REQUEST_INVALID when the handler is none
   */
  dispatch(request: DispatchRequest, handler: DispatchHandler): boolean
  /** Takes no more requests and waits for those under way; the client goes on. */
  close(): Promise<void>
  close(callback: () => void): void
  /** Takes no more requests and ends those under way; the client goes on. */
  destroy(error?: Error | null): Promise<void>
  destroy(callback: () => void): void
  destroy(error: Error | null, callback: () => void): void
  /** Refused: `undici.request(url, { dispatcher })` does it. */
  request(...input: never[]): never
  /** Refused: `undici.stream(url, { dispatcher }, …)` does it. */
  stream(...input: never[]): never
  /** Refused: `undici.pipeline(url, { dispatcher }, …)` does it. */
  pipeline(...input: never[]): never
  /** Refused: the layers are around requests with an answer. */
  connect(...input: never[]): never
  /** Refused: the layers are around requests with an answer. */
  upgrade(...input: never[]): never
  /** Refused: interceptors would come between the layers and the library. */
  compose(...input: never[]): never
  listeners(...input: never[]): never[]
  rawListeners(...input: never[]): never[]
}
