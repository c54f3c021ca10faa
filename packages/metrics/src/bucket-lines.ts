import type { HistogramShape } from './histogram-series.ts'
import { digitCount, encodeBefore, type PageWriter, writeDigits } from './page-writer.ts'

/**
 * The lines of the buckets of one series, kept as they were last written: most numbers are as long as they were a scrape
 * ago, so that digits are written in place and all lines are copied at once.
 */
export class BucketLines {
  #bytes: Uint8Array
  /** Where the digits of each line end. */
  readonly #ends: Int32Array
  /** What the lines say now. */
  readonly #counts: Float64Array

  /** @param labels as `labelText` writes them */
  constructor({ name, boundTexts }: HistogramShape, labels: string) {
    const bucketLabels = labels === '' ? '' : `${labels},`
    const lines = boundTexts.map((bound) => encodeBefore(`${name}_bucket{${bucketLabels}le="${bound}0\n`))
    let end = 0
    this.#bytes = Buffer.concat(lines)
    this.#ends = Int32Array.from(lines, ({ length }) => (end += length) - 1)
    this.#counts = new Float64Array(lines.length)
  }

  /**
   * Writes the numbers that have changed.
   *
   * @param slots how many values fell into each bucket
   * @returns how many values there are in all
   */
  update(slots: Float64Array): number {
    let count = 0
    for (let place = 0; place < this.#counts.length; place++) {
      count += slots[place] ?? 0
      if (count !== this.#counts[place]) this.#set(place, count)
    }
    return count
  }

  write(page: PageWriter): void {
    page.bytes(this.#bytes)
  }

  /** @param textOf what stands between the number of a bucket and the end of its line */
  writeWith(page: PageWriter, textOf: (place: number) => string | undefined): void {
    let start = 0
    for (const [place, end] of this.#ends.entries()) {
      page.bytes(this.#bytes.subarray(start, end))
      page.text(`${textOf(place) ?? ''}\n`)
      start = end + 1
    }
  }

  #set(place: number, count: number): void {
    const longer = digitCount(count) - digitCount(this.#counts[place] ?? 0)
    if (longer !== 0) this.#makeRoom(place, longer)
    this.#counts[place] = count
    writeDigits(this.#bytes, this.#ends[place] ?? 0, count)
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
