import type { Clock } from '@keelson/core/clock'
import { BucketLines } from './bucket-lines.ts'
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
  /** What is written in each scrape; made by the first scrape that shows the series. */
  #lines: SeriesLines | undefined
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
    this.#lines ??= linesOf(this.#shape, this.#labels)
    const { buckets, sum, count } = this.#lines
    const total = buckets.update(this.#slots)
    const exemplars = page.format === 'openmetrics' ? this.#exemplars : undefined
    if (exemplars === undefined) buckets.write(page)
    else buckets.writeWith(page, (bucket) => exemplars.textOf(bucket))
    page.line(sum, this.#slots[this.#bounds.length] ?? 0)
    page.line(count, total)
  }

  #keepExemplar(bucket: number, traceId: string, value: number): void {
    const clock = this.#shape.exemplarClock
    if (clock === undefined) return
    this.#exemplars ??= new Exemplars(this.#bounds.length)
    this.#exemplars.set(bucket, traceId, value, clock.now())
  }
}

/** The lines of the buckets, and what stands before the two numbers after them. */
interface SeriesLines {
  readonly buckets: BucketLines
  readonly sum: Uint8Array
  readonly count: Uint8Array
}

function linesOf(shape: HistogramShape, labels: string): SeriesLines {
  return {
    buckets: new BucketLines(shape, labels),
    sum: encodeBefore(sampleText(`${shape.name}_sum`, labels)),
    count: encodeBefore(sampleText(`${shape.name}_count`, labels)),
  }
}
