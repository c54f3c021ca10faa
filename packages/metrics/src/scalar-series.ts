import { sampleText } from './exposition.ts'
import { encodeBefore, type PageWriter } from './page-writer.ts'
import type { RenderedSeries } from './series-family.ts'

/** One series of a counter or gauge of the chassis: its owner writes the value, the scrape reads it. */
export class ScalarSeries implements RenderedSeries {
  value = 0
  readonly #before: Uint8Array

  /** @param labels as `labelText` writes them */
  constructor(name: string, labels: string) {
    this.#before = encodeBefore(sampleText(name, labels))
  }

  write(page: PageWriter): void {
    page.line(this.#before, this.value)
  }
}
