/** Lines that wait for their reader, oldest first, counted in bytes. */
export class LineQueue {
  /** What is left of a line of which the reader already has the beginning: it must be next, and never be dropped. */
  #rest: Buffer | undefined
  #lines: (Buffer | undefined)[] = []
  #first = 0
  /** Bytes that wait. */
  bytes = 0

  get isEmpty(): boolean {
    return this.bytes === 0
  }

  /** Adds a line at the end, of which `taken` bytes are written already (only when nothing waits before it). */
  add(line: Buffer, taken: number): void {
    this.bytes += line.length - taken
    if (taken > 0) this.#rest = line.subarray(taken)
    else this.#lines.push(line)
  }

  /** The bytes that are next; the queue is not empty. */
  head(): Buffer {
    return this.#rest ?? this.#lines[this.#first] ?? Buffer.alloc(0)
  }

  /** Takes away the first bytes of {@link head}, which were written. */
  take(count: number): void {
    const head = this.head()
    this.bytes -= count
    if (this.#rest === undefined) this.#removeFirst()
    this.#rest = count < head.length ? head.subarray(count) : undefined
  }

  /** Drops the oldest whole line. Whether there was one. */
  dropOldest(): boolean {
    const line = this.#lines[this.#first]
    if (line === undefined) return false
    this.bytes -= line.length
    this.#removeFirst()
    return true
  }

  /** Drops everything, and says how many lines that were. */
  clear(): number {
    const count = this.#lines.length - this.#first + (this.#rest === undefined ? 0 : 1)
    this.#lines = []
    this.#first = 0
    this.#rest = undefined
    this.bytes = 0
    return count
  }

  #removeFirst(): void {
    this.#lines[this.#first++] = undefined
    // Moving the lines costs their number; done when half the places are free, each line is moved once on average.
    if (this.#first > 1000 && this.#first * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#first)
      this.#first = 0
    }
  }
}
