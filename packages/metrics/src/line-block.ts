import { digitCount, encodeBefore, type PageWriter, writeDigits } from './page-writer.ts'

/**
 * Lines that always stand together, kept as they were last written: most numbers are as long as they were a scrape ago, so that
 * digits are written in place and all lines are copied at once. A copy of twelve lines costs what one of a single line does.
 */
export class LineBlock {
  #bytes: Uint8Array
  /** Where the digits of each line end. */
  readonly #ends: Int32Array
  /** What the lines say now. */
  readonly #values: Float64Array

  /**
   * @param befores what stands before the number of each line
   * @param after what stands after the last line
   */
  constructor(befores: readonly string[], after: string = '') {
    const lines = befores.map((before) => encodeBefore(`${before}0\n`))
    let end = 0
    this.#ends = Int32Array.from(lines, ({ length }) => (end += length) - 1)
    this.#values = new Float64Array(lines.length)
    this.#bytes = Buffer.concat([...lines, encodeBefore(after)])
  }

  /** All lines with what stands after them; valid until a number changes. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /**
   * Changes the number of a line.
   *
   * @param value whole, from 0 on
   */
  set(place: number, value: number): void {
    const before = this.#values[place] ?? 0
    if (value === before) return
    const longer = digitCount(value) - digitCount(before)
    if (longer !== 0) this.#makeRoom(place, longer)
    this.#values[place] = value
    writeDigits(this.#bytes, this.#ends[place] ?? 0, value)
  }

  /** @param textOf what stands between the number of a line and its end */
  writeWith(page: PageWriter, textOf: (place: number) => string | undefined): void {
    let start = 0
    for (const [place, end] of this.#ends.entries()) {
      const text = textOf(place)
      if (text === undefined) continue
      page.bytes(this.#bytes.subarray(start, end))
      page.text(text)
      start = end
    }
    page.bytes(this.#bytes.subarray(start))
  }

  #makeRoom(place: number, bytes: number): void {
    const end = this.#ends[place] ?? 0
    const grown = new Uint8Array(this.#bytes.length + bytes)
    grown.set(this.#bytes.subarray(0, end))
    grown.set(this.#bytes.subarray(end), end + bytes)
    this.#bytes = grown
    for (let later = place; later < this.#ends.length; later++) {
      this.#ends[later] = (this.#ends[later] ?? 0) + bytes
    }
  }
}
