import type { Clock, TimerHandle } from '@keelson/core/clock'

/** What an adapter did since it was made, and how it stands. */
export interface GelfShippingStats {
  /** Messages that the kernel took, each counted once. */
  readonly sentCount: number
  readonly sentBytes: number
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** Messages that were cut because UDP cannot carry them whole. */
  readonly truncatedCount: number
  /** Connections, or UDP sockets, that were opened. */
  readonly connectionCount: number
  readonly queuedCount: number
  readonly queuedBytes: number
  readonly isConnected: boolean
}

const reportMs = 10_000

/** Counts what an adapter does, and tells of dropped messages at once, then every ten seconds. */
export class ShippingCounts {
  readonly #clock: Clock
  readonly #onDropped: (reason: string, count: number) => void
  #sentCount = 0
  #sentBytes = 0
  #truncatedCount = 0
  #connectionCount = 0
  readonly #dropped = new Map<string, number>()
  #untold = new Map<string, number>()
  #timer: TimerHandle | undefined

  constructor(clock: Clock, onDropped: (reason: string, count: number) => void) {
    this.#clock = clock
    this.#onDropped = onDropped
  }

  totals(): Omit<GelfShippingStats, 'queuedCount' | 'queuedBytes' | 'isConnected'> {
    return {
      sentCount: this.#sentCount,
      sentBytes: this.#sentBytes,
      dropped: Object.fromEntries(this.#dropped),
      truncatedCount: this.#truncatedCount,
      connectionCount: this.#connectionCount,
    }
  }

  sent(bytes: number): void {
    this.#sentCount++
    this.#sentBytes += bytes
  }

  truncated(): void {
    this.#truncatedCount++
  }

  connected(): void {
    this.#connectionCount++
  }

  dropped(reason: string, count: number): void {
    if (count === 0) return
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count)
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + count)
    if (this.#timer !== undefined) return
    this.#startTimer()
    this.#tell()
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#tell()
  }

  #startTimer(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      if (this.#untold.size === 0) return
      this.#startTimer()
      this.#tell()
    }, reportMs)
    this.#timer.unref()
  }

  #tell(): void {
    // Taken away first: whoever is told may log, and come back here.
    const untold = this.#untold
    this.#untold = new Map()
    for (const [reason, count] of untold) this.#onDropped(reason, count)
  }
}
