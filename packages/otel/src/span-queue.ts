import type { Clock, TimerHandle } from '@keelson/core/clock'

/** How ended spans wait and leave. */
export interface SpanQueueOptions<Span> {
  /** Spans that wait at most; one that ends while so many wait is lost. */
  readonly maxQueueCount: number
  /** Spans of one export at most; when so many wait, they leave at once. */
  readonly maxBatchCount: number
  /** Longest time that a span waits for others to leave with it, in milliseconds. */
  readonly intervalMs: number
  /** Sends a batch; rejects when the receiver did not take it. Has a deadline of its own. */
  readonly send: (batch: readonly Span[]) => Promise<void>
  /** Told of spans that nobody will see. */
  readonly onLost: (count: number, reason: 'queue-full' | 'export-failed', error?: unknown) => void
  readonly clock: Clock
}

/**
 * Keeps ended spans until they are sent, one batch at a time, so that a receiver which is slow or away costs memory up to a bound
 * and never a request. What it refuses is lost and counted: traces are samples, and a second copy of the queue helps nobody.
 */
export class SpanQueue<Span> {
  readonly #options: SpanQueueOptions<Span>
  #waiting: Span[] = []
  #timer: TimerHandle | undefined
  #sending: Promise<void> | undefined
  #isClosed = false

  constructor(options: SpanQueueOptions<Span>) {
    this.#options = options
  }

  /** Takes a span that has ended. Never throws. */
  add(span: Span): void {
    const { maxQueueCount, maxBatchCount, onLost } = this.#options
    if (this.#isClosed || this.#waiting.length >= maxQueueCount) {
      onLost(1, 'queue-full')
      return
    }
    this.#waiting.push(span)
    if (this.#waiting.length >= maxBatchCount) void this.#sendNext()
    else this.#sendLater()
  }

  /** Sends everything that waits now. Never rejects. */
  async flush(): Promise<void> {
    await this.#sending
    while (this.#waiting.length > 0) await this.#sendNext()
  }

  /** Sends what waits, and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.flush()
  }

  #sendNext(): Promise<void> {
    this.#sending ??= this.#sendBatch().finally(() => {
      this.#sending = undefined
      this.#goOn()
    })
    return this.#sending
  }

  async #sendBatch(): Promise<void> {
    const { maxBatchCount, send, onLost, clock } = this.#options
    clock.clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#waiting.slice(0, maxBatchCount)
    this.#waiting = this.#waiting.slice(maxBatchCount)
    if (batch.length === 0) return
    try {
      await send(batch)
    } catch (error) {
      onLost(batch.length, 'export-failed', error)
    }
  }

  /** Spans that came while a batch was under way. */
  #goOn(): void {
    if (this.#waiting.length >= this.#options.maxBatchCount) void this.#sendNext()
    else if (this.#waiting.length > 0) this.#sendLater()
  }

  #sendLater(): void {
    if (this.#timer !== undefined) return
    const { clock, intervalMs } = this.#options
    this.#timer = clock.setTimeout(() => void this.#sendNext(), intervalMs)
    // What waits when the process ends by itself is flushed by whoever closes.
    this.#timer.unref()
  }
}
