import type { MetricDefinition } from './metric-definition.ts'
import { labelText } from './exposition.ts'
import type { PageWriter } from './page-writer.ts'

/** Label value that stands for everything that has no series of its own. */
export const overflowLabel = 'other'

/** One series, or what always stands together on the page. */
export interface RenderedSeries {
  /** Writes its lines; none while there is nothing to show. */
  write(page: PageWriter): void
}

/** How many series one metric may have, and who is told when one more was asked for. */
export interface SeriesCap {
  /** Sets of label values a metric keeps apart, the one labelled `other` included. */
  readonly maxSeries: number
  readonly onOverflow: (metric: string) => void
}

/**
 * All series of one metric of the chassis. A series is looked up when its subject appears, and kept by whoever writes it.
 */
export class SeriesFamily<Series extends RenderedSeries> {
  readonly definition: MetricDefinition
  readonly #make: (labels: string) => Series
  readonly #cap: SeriesCap
  readonly #series = new Map<string, Series>()

  /** @param make makes a series from its labels as {@link labelText} writes them */
  constructor(definition: MetricDefinition, make: (labels: string) => Series, cap: SeriesCap) {
    this.definition = definition
    this.#make = make
    this.#cap = cap
  }

  /**
   * The series with these label values, made when it is new. The last place under the cap is kept for the series whose
   * labels are all `other`; it stands for every series that comes later.
   *
   * @param labelValues in the order of the definition's labels
   */
  series(...labelValues: readonly string[]): Series {
    const key = labelValues.join('\n')
    const known = this.#series.get(key)
    if (known !== undefined) return known
    if (labelValues.length === 0 || this.#series.size < this.#cap.maxSeries - 1) {
      return this.#add(key, labelValues)
    }
    this.#cap.onOverflow(this.definition.name)
    const others = labelValues.map(() => overflowLabel)
    const othersKey = others.join('\n')
    return this.#series.get(othersKey) ?? this.#add(othersKey, others)
  }

  /** Forgets every series: for labels that describe a state of which there is one at a time. */
  clear(): void {
    this.#series.clear()
  }

  /** All series, in the order in which they came. */
  all(): Iterable<Series> {
    return this.#series.values()
  }

  #add(key: string, labelValues: readonly string[]): Series {
    const series = this.#make(labelText(this.definition.labels, labelValues))
    this.#series.set(key, series)
    return series
  }
}
