import { numberText, sampleText } from './exposition.ts'
import type { RenderedSeries } from './series-family.ts'

/** One series of a counter or gauge of the chassis: its owner writes the value, the scrape reads it. */
export class ScalarSeries implements RenderedSeries {
  value = 0
  readonly #text: string

  /** @param labels as `labelText` writes them */
  constructor(name: string, labels: string) {
    this.#text = sampleText(name, labels)
  }

  render(): string {
    return `${this.#text}${numberText(this.value)}\n`
  }
}
