import { Exemplars, type ExemplarSwitch } from './exemplars.ts'
import { boundText, sampleText } from './exposition.ts'
import { LineBlock } from './line-block.ts'
import type { PageWriter } from './page-writer.ts'
import type { RenderedSeries } from './series-family.ts'

/** What all series of one histogram share. */
export interface HistogramShape {
  readonly name: string
  /** Upper bounds, ascending, closed by `Infinity`, so that the search for a bucket never runs over the end. */
  readonly bounds: Float64Array
  /** `0.005"} ` per bound: the rest of a bucket's line before its count. */
  readonly boundTexts: readonly string[]
  /** Whether exemplars are kept; without it they never are. */
  readonly exemplars: ExemplarSwitch | undefined
}

/**
 * Prepares the shape of a histogram.
 *
 * @param buckets upper bounds, ascending, without `+Inf`
 */
export function histogramShape(
  name: string,
  buckets: readonly number[],
  exemplars?: ExemplarSwitch,
): HistogramShape {
  const bounds = Float64Array.from([...buckets, Number.POSITIVE_INFINITY])
  return { name, bounds, boundTexts: Array.from(bounds, (bound) => `${boundText(bound)}"} `), exemplars }
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
  #lines: LineBlock | undefined
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
   * @param traceId of the trace that the value belongs to; kept only while the exemplars of the shape are switched on
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
    const lines = (this.#lines ??= linesOf(this.#shape, this.#labels))
    const slots = this.#slots
    const bucketCount = this.#bounds.length
    let count = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      count += slots[bucket] ?? 0
      lines.set(bucket, count)
    }
    lines.set(bucketCount, count)
    const sum = slots[bucketCount] ?? 0
    const exemplars =
      page.format === 'openmetrics' && this.#shape.exemplars?.clock !== undefined
        ? this.#exemplars
        : undefined
    if (exemplars === undefined) {
      page.line(lines.bytes, sum)
    } else {
      lines.writeWith(page, (place) => (place < bucketCount ? exemplars.textOf(place) : undefined))
      page.line(nothing, sum)
    }
  }

  #keepExemplar(bucket: number, traceId: string, value: number): void {
    const clock = this.#shape.exemplars?.clock
    if (clock === undefined) return
    this.#exemplars ??= new Exemplars(this.#bounds.length)
    this.#exemplars.set(bucket, traceId, value, clock.now())
  }
}

const nothing = new Uint8Array(0)

/** Buckets and count, whose numbers are whole, and after them what stands before the sum. */
function linesOf({ name, boundTexts }: HistogramShape, labels: string): LineBlock {
  const bucketLabels = labels === '' ? '' : `${labels},`
  return new LineBlock(
    [
      ...boundTexts.map((bound) => `${name}_bucket{${bucketLabels}le="${bound}`),
      sampleText(`${name}_count`, labels),
    ],
    sampleText(`${name}_sum`, labels),
  )
}
