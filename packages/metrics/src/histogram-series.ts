import type { Clock } from '@keelson/core/clock'
import { Exemplars } from './exemplars.ts'
import { boundText, sampleText } from './exposition.ts'
import { encodeBefore, type PageWriter } from './page-writer.ts'
import type { RenderedSeries } from './series-family.ts'

/** What all series of one histogram share. */
export interface HistogramShape {
  readonly name: string
  /** Upper bounds, ascending, closed by `Infinity`, so that the search for a bucket never runs over the end. */
  readonly bounds: Float64Array
  /** `0.005"} ` per bound: the rest of a bucket's line before its count. */
  readonly boundTexts: readonly string[]
  /** Gives exemplars their time; without it none are kept. */
  readonly exemplarClock: Clock | undefined
}

/**
 * Prepares the shape of a histogram.
 *
 * @param buckets upper bounds, ascending, without `+Inf`
 */
export function histogramShape(
  name: string,
  buckets: readonly number[],
  exemplarClock?: Clock,
): HistogramShape {
  const bounds = Float64Array.from([...buckets, Number.POSITIVE_INFINITY])
  return { name, bounds, boundTexts: Array.from(bounds, (bound) => `${boundText(bound)}"} `), exemplarClock }
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
  #befores: readonly Uint8Array[] | undefined
  #exemplars: Exemplars | undefined

  /** @param labels as `labelText` writes them */
  constructor(shape: HistogramShape, labels: string) {
    this.#shape = shape
    this.#labels = labels
    this.#bounds = shape.bounds
    this.#slots = new Float64Array(shape.bounds.length + 1)
  }

  /**
   * Counts one value, in the unit of the metric. What is not a number above 0 counts as 0.
   *
   * @param traceId of the trace that the value belongs to; kept only where the shape has a clock for exemplars
   */
  observe(value: number, traceId?: string): void {
    const seen = value > 0 ? value : 0
    const bounds = this.#bounds
    const slots = this.#slots
    let bucket = 0
    // The last bound is Infinity: the search ends there at the latest. `??` only satisfies the type of an index.
    while (seen > (bounds[bucket] ?? 0)) bucket++
    slots[bucket] = (slots[bucket] ?? 0) + 1
    slots[bounds.length] = (slots[bounds.length] ?? 0) + seen
    if (traceId !== undefined) this.#keepExemplar(bucket, traceId, seen)
  }

  write(page: PageWriter): void {
    this.#befores ??= beforesOf(this.#shape, this.#labels)
    const befores = this.#befores
    const exemplars = page.format === 'openmetrics' ? this.#exemplars : undefined
    const sumPlace = this.#bounds.length
    let count = 0
    for (let place = 0; place < befores.length; place++) {
      const before = befores[place]
      if (before === undefined) continue // never: the array has no holes
      if (place < sumPlace) page.line(before, (count += this.#slots[place] ?? 0), exemplars?.textOf(place))
      else page.line(before, place === sumPlace ? (this.#slots[sumPlace] ?? 0) : count)
    }
  }

  #keepExemplar(bucket: number, traceId: string, value: number): void {
    const clock = this.#shape.exemplarClock
    if (clock === undefined) return
    this.#exemplars ??= new Exemplars(this.#bounds.length)
    this.#exemplars.set(bucket, traceId, value, clock.now())
  }
}

/** What stands before each number: one per bucket, then of sum and count. */
function beforesOf({ name, boundTexts }: HistogramShape, labels: string): readonly Uint8Array[] {
  const bucketLabels = labels === '' ? '' : `${labels},`
  return [
    ...boundTexts.map((bound) => `${name}_bucket{${bucketLabels}le="${bound}`),
    sampleText(`${name}_sum`, labels),
    sampleText(`${name}_count`, labels),
  ].map(encodeBefore)
}
