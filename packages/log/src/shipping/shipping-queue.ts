/** One message on its way. */
export interface ShippedMessage {
  /** The message without line break and NUL. */
  readonly text: string
  /** Its size in UTF-8. */
  readonly bytes: number
  /** Warnings and above are the last to be dropped. */
  readonly isImportant: boolean
  /** Order of arrival. */
  readonly sequence: number
  /** Told once what became of it; `undefined` afterwards. */
  callback: ((error?: Error, bytes?: number) => void) | undefined
}

/** Messages that wait for the receiver, bounded by number and size; the oldest go first, but warnings and above last. */
export class ShippingQueue {
  readonly #maxCount: number
  readonly #maxBytes: number
  readonly #ordinary = new Fifo<ShippedMessage>()
  readonly #important = new Fifo<ShippedMessage>()
  #bytes = 0

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#ordinary.length + this.#important.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Adds a message.
   *
   * @returns what had to go for it, which may be the message itself
   */
  add(message: ShippedMessage): readonly ShippedMessage[] {
    const line = message.isImportant ? this.#important : this.#ordinary
    line.push(message)
    this.#bytes += message.bytes
    if (this.#bytes <= this.#maxBytes && this.count <= this.#maxCount) return nothing
    const dropped: ShippedMessage[] = []
    while (this.#bytes > this.#maxBytes || this.count > this.#maxCount) {
      const oldest = this.#ordinary.shift() ?? this.#important.shift()
      if (oldest === undefined) break
      this.#bytes -= oldest.bytes
      dropped.push(oldest)
    }
    return dropped
  }

  /** Takes the messages that are next, in the order of their arrival: at least one, further ones up to `maxBytes`. */
  take(maxBytes: number): ShippedMessage[] {
    const taken: ShippedMessage[] = []
    let bytes = 0
    for (;;) {
      const line = this.#next()
      const message = line?.head()
      // One byte goes with each message: the NUL that ends its frame.
      if (message === undefined || (taken.length > 0 && bytes + message.bytes + 1 > maxBytes)) return taken
      line?.shift()
      bytes += message.bytes + 1
      this.#bytes -= message.bytes
      taken.push(message)
    }
  }

  #next(): Fifo<ShippedMessage> | undefined {
    const ordinary = this.#ordinary.head()
    const important = this.#important.head()
    if (important === undefined) return ordinary === undefined ? undefined : this.#ordinary
    return ordinary !== undefined && ordinary.sequence < important.sequence ? this.#ordinary : this.#important
  }
}

const nothing: readonly ShippedMessage[] = Object.freeze([])

/** A list whose beginning is cheap to take away. */
class Fifo<Item> {
  #items: (Item | undefined)[] = []
  #start = 0

  get length(): number {
    return this.#items.length - this.#start
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  head(): Item | undefined {
    return this.#items[this.#start]
  }

  shift(): Item | undefined {
    const item = this.#items[this.#start]
    if (item === undefined) return undefined
    this.#items[this.#start++] = undefined
    // Moved together only when half of the list is empty: constant cost on average.
    if (this.#start * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
    return item
  }
}
