import type { KeelsonError } from '@keelson/core/errors'

/** Headers of an answer, names in lower case; a list where a header came more than once. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string
  /** Path and query, encoded. */
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | StreamedBody | undefined
}

/** A body that can be sent once: a stream, an iterable of bytes, a form. */
export interface StreamedBody {
  /** What the transport sends. */
  readonly source: object
}

/** An answer, read to its end. */
export interface WireAnswer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly bytes: Buffer
}

/** The flow of an answer that is handed on while it comes. */
export interface AnswerFlow {
  pause(): void
  resume(): void
}

/** The beginning of an answer. */
export interface AnswerHead {
  readonly status: number
  readonly statusMessage: string
  readonly headers: AnswerHeaders
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly Buffer[]
}

/** Takes an answer while it comes. */
export interface AnswerReceiver {
  onHead(head: AnswerHead, flow: AnswerFlow): void
  onData(chunk: Buffer): void
  onTrailers(trailers: AnswerHeaders): void
}

/** What an exchange is waiting for: a connection, the head of the answer, the rest of it. */
export type ExchangePhase = 'connect' | 'headers' | 'body'

/** One exchange of a request and its answer, as both sides of the transport see it. */
export interface Exchange {
  /** Written by the transport; `connect` as long as nothing was sent. */
  phase: ExchangePhase
  /** How the transport learns that the answer is not wanted any more. */
  readonly onAbort: (listener: (reason: KeelsonError) => void) => void
}

/** Sockets of a transport. */
export interface TransportStats {
  readonly connected: number
  /** Connected and idle. */
  readonly free: number
  /** Requests that wait for a connection. */
  readonly pending: number
}

/** Carries requests to one origin. */
export interface Transport {
  readonly stats: TransportStats
  /**
   * Sends one request and reads its answer.
   *
   * @throws KEELSON_CLIENT_CONNECT_FAILED, KEELSON_CLIENT_CONNECTION_RESET, KEELSON_CLIENT_RESPONSE_TOO_LARGE,
   * KEELSON_CLIENT_REQUEST_INVALID, KEELSON_CLIENT_CLOSED, or the reason that the exchange was aborted with
   */
  send(request: WireRequest, exchange: Exchange): Promise<WireAnswer>
  /**
   * Sends one request and hands its answer on while it comes.
   *
   * @throws what {@link Transport.send} throws, KEELSON_CLIENT_RESPONSE_TOO_LARGE excepted; KEELSON_CLIENT_REQUEST_INVALID also when a
   * streamed body ends with an error
   */
  stream(request: WireRequest, exchange: Exchange, receiver: AnswerReceiver): Promise<void>
  /** Takes no more requests, waits for those in flight and closes the sockets. */
  close(): Promise<void>
}
