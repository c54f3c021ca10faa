import { boundText, flat, numberText, sampleText } from './exposition.ts'
import type { RenderedSeries } from './series-family.ts'

/** What all series of one histogram share. */
export interface HistogramShape {
  readonly name: string
  /** Upper bounds, ascending, closed by `Infinity`, so that the search for a bucket never runs over the end. */
  readonly bounds: Float64Array
  /** `0.005"} ` per bound: the rest of a bucket's line before its count. */
  readonly boundTexts: readonly string[]
}

/**
 * Prepares the shape of a histogram.
 *
 * @param buckets upper bounds, ascending, without `+Inf`
 */
export function histogramShape(name: string, buckets: readonly number[]): HistogramShape {
  const bounds = Float64Array.from([...buckets, Number.POSITIVE_INFINITY])
  return { name, bounds, boundTexts: Array.from(bounds, (bound) => `${boundText(bound)}"} `) }
}

/**
 * One series of a histogram. Counts live in a typed array, one slot a bucket and the sum in the last, so that an
 * observation allocates nothing.
 */
export class HistogramSeries implements RenderedSeries {
  readonly #shape: HistogramShape
  readonly #labels: string
  readonly #bounds: Float64Array
  readonly #slots: Float64Array
  /** What stands before each number in the exposition; made by the first scrape that shows the series. */
  #texts: readonly string[] | undefined

  /** @param labels as `labelText` writes them */
  constructor(shape: HistogramShape, labels: string) {
    this.#shape = shape
    this.#labels = labels
    this.#bounds = shape.bounds
    this.#slots = new Float64Array(shape.bounds.length + 1)
  }

  /** Counts one value, in the unit of the metric. What is not a number above 0 counts as 0. */
  observe(value: number): void {
    const seen = value > 0 ? value : 0
    const bounds = this.#bounds
    const slots = this.#slots
    let bucket = 0
    // The last bound is Infinity: the search ends there at the latest. `??` only satisfies the type of an index.
    while (seen > (bounds[bucket] ?? 0)) bucket++
    slots[bucket] = (slots[bucket] ?? 0) + 1
    slots[bounds.length] = (slots[bounds.length] ?? 0) + seen
  }

  render(): string {
    this.#texts ??= linesOf(this.#shape, this.#labels)
    const texts = this.#texts
    const sumPlace = this.#bounds.length
    let text = ''
    let count = 0
    // Two pieces a line: a scrape of 10,000 lines is a tenth cheaper than with four (2026-11, Node 24).
    for (let bucket = 0; bucket < sumPlace; bucket++) {
      count += this.#slots[bucket] ?? 0
      text += texts[bucket]
      text += count
    }
    const sum = numberText(this.#slots[sumPlace] ?? 0)
    return text + texts[sumPlace] + sum + texts[sumPlace + 1] + count + '\n'
  }
}

/** The fixed text before each number: one per bucket, then sum and count, each after the first beginning a new line. */
function linesOf({ name, boundTexts }: HistogramShape, labels: string): readonly string[] {
  const bucketLabels = labels === '' ? '' : `${labels},`
  return [
    ...boundTexts.map((bound) => flat(name, '_bucket{', bucketLabels, 'le="', bound)),
    sampleText(`${name}_sum`, labels),
    sampleText(`${name}_count`, labels),
  ].map((text, index) => (index === 0 ? text : flat('\n', text)))
}
