import type { Attempt } from '@keelson/resilience'
import type {
  AnswerFlow,
  AnswerHead,
  AnswerHeaders,
  Exchange,
  Transport,
  WireAnswer,
  WireRequest,
} from './transport.ts'

/** Statuses after which a call may be made again: their answers are kept until it is known that it is not. */
const repeatedStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Most bytes kept of such an answer; a longer one is handed on, and its call is not made again. */
const maxKeptBytes = 65_536

/** Where an answer is handed on to. */
export interface AnswerReader {
  /** Called at most once, before the first chunk. */
  onHead(head: AnswerHead, flow: AnswerFlow | undefined): void
  onData(chunk: Buffer): void
}

/** What came of the last attempt that had an answer. */
export interface TakenAnswer {
  readonly head: AnswerHead
  /** What was kept and not handed on; `undefined` when the answer was handed on while it came. */
  readonly kept: Buffer | undefined
  readonly trailers: AnswerHeaders
}

/**
 * Hands the answer of a call on while it comes. From its first byte on the call is not made again, and the limit of the attempt
 * is lifted.
 */
export class AnswerSink {
  readonly #reader: AnswerReader
  #taken: TakenAnswer | undefined

  constructor(reader: AnswerReader) {
    this.#reader = reader
  }

  /** The last answer; `undefined` when none came to its end. */
  get taken(): TakenAnswer | undefined {
    return this.#taken
  }

  /**
   * Makes one attempt.
   *
   * @returns the answer, without the bytes that were handed on
   */
  async take(
    transport: Transport,
    request: WireRequest,
    exchange: Exchange,
    attempt: Attempt,
  ): Promise<WireAnswer> {
    if (isStreamed(request.body)) attempt.repeatable = false
    const receiver = new AttemptReceiver(attempt, this.#reader)
    await transport.stream(request, exchange, receiver)
    const { head, trailers, kept } = receiver
    if (head === undefined) throw new TypeError('An answer ended without a beginning.')
    this.#taken = { head, trailers, kept }
    return { status: head.status, headers: head.headers, bytes: kept ?? Buffer.alloc(0) }
  }
}

class AttemptReceiver {
  head: AnswerHead | undefined
  trailers: AnswerHeaders = {}
  readonly #attempt: Attempt
  readonly #reader: AnswerReader
  readonly #chunks: Buffer[] = []
  #flow: AnswerFlow | undefined
  #byteCount = 0
  #handsOn = false

  constructor(attempt: Attempt, reader: AnswerReader) {
    this.#attempt = attempt
    this.#reader = reader
  }

  get kept(): Buffer | undefined {
    return this.#handsOn ? undefined : Buffer.concat(this.#chunks)
  }

  onHead(head: AnswerHead, flow: AnswerFlow): void {
    this.head = head
    this.#flow = flow
    this.#attempt.statusCode = head.status
    if (!this.#attempt.repeatable || !repeatedStatuses.has(head.status)) this.#handOn(head)
  }

  onData(chunk: Buffer): void {
    if (this.#handsOn) {
      this.#reader.onData(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#byteCount += chunk.length
    if (this.#byteCount > maxKeptBytes && this.head !== undefined) this.#handOn(this.head)
  }

  onTrailers(trailers: AnswerHeaders): void {
    this.trailers = trailers
  }

  #handOn(head: AnswerHead): void {
    this.#handsOn = true
    this.#attempt.repeatable = false
    this.#attempt.outlast()
    this.#reader.onHead(head, this.#flow)
    for (const chunk of this.#chunks.splice(0)) this.#reader.onData(chunk)
  }
}

function isStreamed(body: WireRequest['body']): boolean {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
}
