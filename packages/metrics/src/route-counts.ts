import { sampleText } from './exposition.ts'
import { LineBlock } from './line-block.ts'
import type { PageWriter } from './page-writer.ts'
import type { RenderedSeries } from './series-family.ts'

/** A count that its owner raises. */
export interface Count {
  value: number
}

/** The counters of one method and route, a status code each, whose lines stand together. */
export class RouteCounts implements RenderedSeries {
  readonly #name: string
  readonly #labels: string
  readonly #befores: string[] = []
  readonly #counts: Count[] = []
  /** Made by the first scrape after a code has come. */
  #lines: LineBlock | undefined

  /** @param labels of method and route, as `labelText` writes them */
  constructor(name: string, labels: string) {
    this.#name = name
    this.#labels = labels
  }

  /** A counter for one more status code, 0 at first. */
  add(statusCode: string): Count {
    const count = { value: 0 }
    this.#counts.push(count)
    this.#befores.push(sampleText(this.#name, `${this.#labels},status_code="${statusCode}"`))
    this.#lines = undefined
    return count
  }

  write(page: PageWriter): void {
    const lines = (this.#lines ??= new LineBlock(this.#befores))
    for (let place = 0; place < this.#counts.length; place++) {
      lines.set(place, this.#counts[place]?.value ?? 0)
    }
    page.bytes(lines.bytes)
  }
}
