/** Bytes before each line in the ring that hold its size. */
const sizeBytes = 4

/**
 * Lines that wait for their reader, oldest first, in one ring of bytes: lines that come and go leave no garbage behind,
 * which with an object a line was worth 90 MB (1,000,000 lines to a reader that had stopped). The ring is made when the
 * first line waits, and kept; the system gives it memory as it is filled.
 */
export class LineQueue {
  readonly #maxBytes: number
  /** What is left of a line of which the reader already has the beginning: it is next, and is never dropped. */
  #rest: Uint8Array | undefined
  #ring = new Uint8Array(0)
  #start = 0
  /** Bytes and lines in the ring. */
  #bytes = 0
  #count = 0

  /** @param maxBytes the queue never holds more than this; four of them go with each line */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#rest === undefined && this.#count === 0
  }

  /**
   * Adds the line that fills the first `length` bytes of `data`, of which `taken` were written already (only when
   * nothing waits before it). Drops the oldest lines where there is no room, or the line itself.
   *
   * @returns how many lines were dropped
   */
  add(data: Uint8Array, length: number, taken: number): number {
    if (taken > 0) {
      this.#rest = data.slice(taken, length)
      return 0
    }
    if (this.#ring.length === 0) this.#ring = new Uint8Array(this.#maxBytes)
    const room = this.#maxBytes - (this.#rest?.length ?? 0) - sizeBytes - length
    let dropped = 0
    while (this.#bytes > room) {
      if (this.#count === 0) return dropped + 1
      this.#removeFirst()
      dropped++
    }
    for (let shift = 0; shift < sizeBytes * 8; shift += 8) {
      this.#ring[(this.#start + this.#bytes++) % this.#maxBytes] = length >>> shift
    }
    const end = (this.#start + this.#bytes) % this.#maxBytes
    const beforeWrap = Math.min(length, this.#maxBytes - end)
    this.#ring.set(data.subarray(0, beforeWrap), end)
    this.#ring.set(data.subarray(beforeWrap, length), 0)
    this.#bytes += length
    this.#count++
    return dropped
  }

  /** The line, or what is left of it, that is next; empty when there is none. Good until the queue changes. */
  head(): Uint8Array {
    if (this.#rest !== undefined) return this.#rest
    const size = this.#firstSize()
    const start = (this.#start + sizeBytes) % this.#maxBytes
    const end = start + size
    if (end <= this.#maxBytes) return this.#ring.subarray(start, end)
    const joined = new Uint8Array(size)
    joined.set(this.#ring.subarray(start))
    joined.set(this.#ring.subarray(0, end - this.#maxBytes), this.#maxBytes - start)
    return joined
  }

  /** Takes away the first bytes of {@link head}, which were written. */
  take(count: number): void {
    const head = this.head()
    const rest = count < head.length ? head.slice(count) : undefined
    if (this.#rest === undefined) this.#removeFirst()
    this.#rest = rest
  }

  /** Drops everything, and says how many lines that were. */
  clear(): number {
    const count = this.#count + (this.#rest === undefined ? 0 : 1)
    this.#rest = undefined
    this.#start = 0
    this.#bytes = 0
    this.#count = 0
    return count
  }

  #firstSize(): number {
    if (this.#count === 0) return 0
    let size = 0
    for (let index = sizeBytes - 1; index >= 0; index--) {
      size = size * 256 + (this.#ring[(this.#start + index) % this.#maxBytes] ?? 0)
    }
    return size
  }

  #removeFirst(): void {
    const size = sizeBytes + this.#firstSize()
    this.#bytes -= size
    this.#count--
    // An empty ring is filled from its beginning again: no more of it is ever touched than was needed at once.
    this.#start = this.#count === 0 ? 0 : (this.#start + size) % this.#maxBytes
  }
}
