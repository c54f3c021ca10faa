import { isKeelsonError } from '@keelson/core/errors'
import type { AnswerReader, TakenAnswer } from './answer-sink.ts'
import type { DispatchControl, DispatchHandler } from './dispatcher-types.ts'
import type { AnswerFlow, AnswerHead, AnswerHeaders } from './transport.ts'

/** One request of a dispatcher, between the client and the handler that hears of it. */
export class DispatchedCall implements AnswerReader, DispatchControl {
  rawHeaders: Buffer[] | null = null
  readonly #handler: DispatchHandler
  readonly #controller = new AbortController()
  #flow: AnswerFlow | undefined
  #paused = false
  #resumed: (() => void) | undefined
  #reason: Error | null = null
  #over = false

  /** @param handler of either form */
  constructor(handler: DispatchHandler) {
    this.#handler = isEarlierForm(handler) ? adapt(handler) : handler
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  get reason(): Error | null {
    return this.#reason
  }

  get paused(): boolean {
    return this.#paused
  }

  abort(reason?: Error): void {
    if (this.#over || this.#reason !== null) return
    this.#reason = toError(reason ?? new DOMException('The operation was aborted.', 'AbortError'))
    this.#controller.abort(this.#reason)
    this.#resumed?.()
  }

  pause(): void {
    this.#paused = true
    this.#flow?.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#flow?.resume()
    this.#resumed?.()
  }

  /** Gives the handler its control, so that it can abort from here on. */
  begin(): void {
    this.#tell(() => this.#handler.onRequestStart?.(this, {}))
  }

  onHead({ status, statusMessage, headers, rawHeaders }: AnswerHead, flow: AnswerFlow | undefined): void {
    this.#flow = flow
    this.rawHeaders = [...rawHeaders]
    if (this.#paused) flow?.pause()
    this.#tell(() => this.#handler.onResponseStart?.(this, status, headers, statusMessage))
  }

  onData(chunk: Buffer): void {
    this.#tell(() => this.#handler.onResponseData?.(this, chunk))
  }

  /** Tells the handler the end of the answer, and before it what had been kept of it. */
  async end({ head, kept, trailers }: TakenAnswer): Promise<void> {
    if (kept !== undefined) {
      this.onHead(head, undefined)
      if (kept.length > 0 && (await this.#flows())) this.onData(kept)
    }
    if (await this.#flows()) this.#tell(() => this.#handler.onResponseEnd?.(this, trailers))
    if (this.#reason === null) this.#over = true
    else this.fail(this.#reason)
  }

  /** Tells the handler that there is no answer, or no more of it. */
  fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    // Whoever aborted gets back the reason that it gave.
    const own = isKeelsonError(error, 'KEELSON_CLIENT_CANCELLED') ? this.#reason : null
    this.#handler.onResponseError?.(this, own ?? toError(error))
  }

  /** Waits until the handler reads; false when it has aborted. */
  async #flows(): Promise<boolean> {
    while (this.#paused && this.#reason === null) {
      await new Promise<void>((resolve) => (this.#resumed = resolve))
    }
    return this.#reason === null
  }

  /** A handler that throws has failed itself, and not the dependency. */
  #tell(step: () => void): void {
    if (this.#reason !== null) return
    try {
      step()
    } catch (error) {
      this.abort(toError(error))
    }
  }
}

function isEarlierForm(handler: DispatchHandler): boolean {
  return !('onRequestStart' in handler || 'onResponseStart' in handler || 'onResponseError' in handler)
}

/** A handler of the form before undici 7, which the global `fetch` of Node 22 and 24 has. */
function adapt(handler: DispatchHandler): DispatchHandler {
  return {
    onRequestStart: (control, context) => handler.onConnect?.((reason) => control.abort(reason), context),
    onResponseStart: (control, status, _headers, message = '') => {
      const raw = control.rawHeaders ?? []
      if (handler.onHeaders?.(status, raw, () => control.resume(), message) === false) control.pause()
    },
    onResponseData: (control, chunk) => {
      if (handler.onData?.(chunk) === false) control.pause()
    },
    onResponseEnd: (_control, trailers) => handler.onComplete?.(toRaw(trailers)),
    onResponseError: (_control, error) => handler.onError?.(error),
  }
}

function toRaw(headers: AnswerHeaders): Buffer[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((each) => [Buffer.from(name, 'latin1'), Buffer.from(each, 'latin1')]),
  )
}

function toError(value: unknown): Error {
  return value instanceof Error
    ? value
    : new Error('The call was ended with something else than an Error.', { cause: value })
}
