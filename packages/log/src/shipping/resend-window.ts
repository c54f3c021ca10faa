import type { Clock } from '@keelson/core/clock'
import type { ShippedMessage } from './shipping-queue.ts'

/** Older messages have arrived, or the connection would have broken before: a broken one is told of in a round trip. */
const keepMs = 5000

/**
 * The last messages that the kernel took. When a connection breaks nobody knows which of them arrived, so they are sent
 * again: never more bytes than a batch has, so that no more than one batch arrives twice.
 */
export class ResendWindow {
  readonly #maxBytes: number
  readonly #clock: Clock
  #kept: { readonly message: ShippedMessage; readonly atMs: number }[] = []
  #keptBytes = 0
  #waiting: readonly ShippedMessage[] = []

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes
    this.#clock = clock
  }

  /** Messages that are to be sent again. */
  get waitingCount(): number {
    return this.#waiting.length
  }

  /** Notes what the kernel took. */
  remember(messages: readonly ShippedMessage[]): void {
    const atMs = this.#clock.monotonic()
    for (const message of messages) {
      this.#kept.push({ message, atMs })
      this.#keptBytes += message.bytes + 1
    }
    this.#trim(this.#maxBytes)
  }

  /** The connection broke: what was remembered and `unsent`, which the kernel did not take, are to be sent again. */
  repeat(unsent: readonly ShippedMessage[]): void {
    const freshMs = this.#clock.monotonic() - keepMs
    this.#trim(this.#maxBytes - unsent.reduce((sum, { bytes }) => sum + bytes + 1, 0))
    const recent = this.#kept.filter(({ atMs }) => atMs >= freshMs).map(({ message }) => message)
    // One message may be among both: it waited here, and the connection broke again.
    this.#waiting = [...new Set([...recent, ...unsent, ...this.#waiting])]
    this.#kept = []
    this.#keptBytes = 0
  }

  /** Takes what is to be sent again. */
  take(): readonly ShippedMessage[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting
  }

  #trim(maxBytes: number): void {
    let count = 0
    while (this.#keptBytes > maxBytes) {
      const oldest = this.#kept[count]
      if (oldest === undefined) break
      this.#keptBytes -= oldest.message.bytes + 1
      count++
    }
    if (count > 0) this.#kept = this.#kept.slice(count)
  }
}
