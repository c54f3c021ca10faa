import { KeelsonError } from '@keelson/core/errors'
import type { AnswerFlow, AnswerHeaders, AnswerReceiver, Exchange } from './transport.ts'

/** The part of an exchange that the library below lets be controlled. */
interface ExchangeControl extends AnswerFlow {
  /** Names and values in turn; their form is the library's. */
  readonly rawHeaders?: unknown
  abort(reason: Error): void
}

interface StreamResult {
  readonly resolve: () => void
  readonly reject: (error: KeelsonError) => void
  readonly toError: (error: Error) => KeelsonError
}

/** Hands one answer on while it comes. */
export class StreamHandler {
  readonly #exchange: Exchange
  readonly #receiver: AnswerReceiver
  readonly #result: StreamResult
  #control: ExchangeControl | undefined
  #aborted: KeelsonError | undefined

  constructor(exchange: Exchange, receiver: AnswerReceiver, result: StreamResult) {
    this.#exchange = exchange
    this.#receiver = receiver
    this.#result = result
  }

  /** Ends the exchange down to the socket; a request that still waits for a connection is never sent. */
  abort(reason: KeelsonError): void {
    this.#aborted ??= reason
    this.#control?.abort(reason)
  }

  /** Ends the exchange because its own body cannot be read. */
  failBody(cause: unknown): void {
    this.#aborted ??= new KeelsonError(
      'KEELSON_CLIENT_REQUEST_INVALID',
      'The body of the request ended with an error, so the request was not sent to its end. Look at what makes the body.',
      { cause },
    )
  }

  onRequestStart(control: ExchangeControl): void {
    if (this.#aborted !== undefined) {
      control.abort(this.#aborted)
      return
    }
    this.#control = control
    this.#exchange.phase = 'headers'
  }

  onRequestUpgrade(control: ExchangeControl): void {
    control.abort(new Error('The dependency switched protocols.'))
  }

  onResponseStart(control: ExchangeControl, status: number, headers: AnswerHeaders, message?: string): void {
    if (status < 200 || this.#aborted !== undefined) return
    this.#exchange.phase = 'body'
    const rawHeaders = Array.isArray(control.rawHeaders) ? control.rawHeaders.map(toBuffer) : []
    this.#receiver.onHead({ status, statusMessage: message ?? '', headers, rawHeaders }, control)
  }

  onResponseData(_control: unknown, chunk: Buffer): void {
    if (this.#aborted === undefined) this.#receiver.onData(chunk)
  }

  onResponseEnd(_control: unknown, trailers: AnswerHeaders): void {
    this.#receiver.onTrailers(trailers)
    this.#result.resolve()
  }

  onResponseError(_control: unknown, error: Error): void {
    this.#result.reject(this.#aborted ?? this.#result.toError(error))
  }
}

function toBuffer(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'latin1')
}
