import type { Clock, TimerHandle } from '@keelson/core/clock'

/** Options of {@link BurstLimit}. */
export interface BurstLimitOptions {
  /** Lines of one message that pass in ten seconds. */
  readonly maxCount: number
  readonly clock: Clock
  /** Told at the end of ten seconds of what did not pass. */
  readonly onSuppressed: (message: string, count: number, level: number) => void
}

interface Burst {
  count: number
  /** The highest level of its lines. */
  level: number
}

const windowMs = 10_000

/** Messages told apart: those beyond are not limited. Whoever writes ids into messages must not fill the memory. */
const maxMessages = 1000

/**
 * Lets a number of lines of each message pass in ten seconds. Messages are told apart before their arguments are put
 * in, so that `order %s failed` is one message.
 */
export class BurstLimit {
  readonly #maxCount: number
  readonly #clock: Clock
  readonly #onSuppressed: BurstLimitOptions['onSuppressed']
  #bursts = new Map<string, Burst>()
  #windowEnd = 0
  #timer: TimerHandle | undefined

  constructor({ maxCount, clock, onSuppressed }: BurstLimitOptions) {
    this.#maxCount = maxCount
    this.#clock = clock
    this.#onSuppressed = onSuppressed
  }

  /** Whether a line may pass; counts it either way. */
  passes(message: string, level: number): boolean {
    if (this.#clock.monotonic() >= this.#windowEnd) this.#endWindow()
    let burst = this.#bursts.get(message)
    if (burst === undefined) {
      if (this.#bursts.size >= maxMessages) return true
      burst = { count: 0, level }
      this.#bursts.set(message, burst)
    }
    burst.count++
    if (burst.count <= this.#maxCount) return true
    if (level > burst.level) burst.level = level
    this.#tellLater()
    return false
  }

  /** Tells of what did not pass so far. */
  close(): void {
    this.#endWindow()
  }

  #tellLater(): void {
    if (this.#timer !== undefined) return
    this.#timer = this.#clock.setTimeout(() => this.#endWindow(), this.#windowEnd - this.#clock.monotonic())
    this.#timer.unref()
  }

  #endWindow(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    // Taken away first: what is told of is itself a line.
    const bursts = this.#bursts
    this.#bursts = new Map()
    this.#windowEnd = this.#clock.monotonic() + windowMs
    for (const [message, { count, level }] of bursts) {
      if (count > this.#maxCount) this.#onSuppressed(message, count - this.#maxCount, level)
    }
  }
}
