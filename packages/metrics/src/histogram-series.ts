import { boundText, numberText, sampleText } from './exposition.ts'
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
  readonly #bounds: Float64Array
  readonly #slots: Float64Array
  readonly #bucketText: string
  readonly #sumText: string
  readonly #countText: string

  /** @param labels as `labelText` writes them */
  constructor(shape: HistogramShape, labels: string) {
    this.#shape = shape
    this.#bounds = shape.bounds
    this.#slots = new Float64Array(shape.bounds.length + 1)
    this.#bucketText = `${shape.name}_bucket{${labels === '' ? '' : `${labels},`}le="`
    this.#sumText = sampleText(`${shape.name}_sum`, labels)
    this.#countText = sampleText(`${shape.name}_count`, labels)
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
    const { boundTexts } = this.#shape
    let text = ''
    let count = 0
    for (let bucket = 0; bucket < boundTexts.length; bucket++) {
      count += this.#slots[bucket] ?? 0
      text += `${this.#bucketText}${boundTexts[bucket]}${count}\n`
    }
    const sum = numberText(this.#slots[boundTexts.length] ?? 0)
    return `${text}${this.#sumText}${sum}\n${this.#countText}${count}\n`
  }
}
