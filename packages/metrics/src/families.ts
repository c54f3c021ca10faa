import { type HistogramName, metricCatalogue, type ScalarName } from './catalogue.ts'
import { headerText } from './exposition.ts'
import { HistogramSeries, histogramShape } from './histogram-series.ts'
import type { MetricDefinition } from './metric-definition.ts'
import type { PageWriter } from './page-writer.ts'
import { ScalarSeries } from './scalar-series.ts'
import { type RenderedSeries, type SeriesCap, SeriesFamily } from './series-family.ts'

/** A metric with everything that stands under its header. */
export interface RenderedFamily {
  readonly definition: MetricDefinition
  all(): Iterable<RenderedSeries>
}

/** Every metric of the catalogue for one service, by name. */
export interface Families {
  /** Counter or gauge of the catalogue. */
  scalar(name: ScalarName): SeriesFamily<ScalarSeries>
  /** Histogram of the catalogue. */
  histogram(name: HistogramName): SeriesFamily<HistogramSeries>
  /** Puts a family that keeps its series by itself in the place of the catalogue's, or after them all. */
  put(family: RenderedFamily): void
  /**
   * Writes all families that have series, without an end mark.
   *
   * @param leftOut metrics whose collector failed
   * @param pause called after each series, so that a large page can be written over several turns of the event loop
   */
  write(page: PageWriter, leftOut: ReadonlySet<string>, pause: () => Promise<void> | undefined): Promise<void>
}

/** Makes the families of the whole catalogue, empty. */
export function createFamilies(cap: SeriesCap): Families {
  const scalars = new Map<string, SeriesFamily<ScalarSeries>>()
  const histograms = new Map<string, SeriesFamily<HistogramSeries>>()
  const all = new Map<string, RenderedFamily>()
  // Their labels are names written in code; and the counter of overflows must not overflow into itself.
  const uncapped = { ...cap, maxSeries: Number.POSITIVE_INFINITY }
  for (const definition of metricCatalogue) {
    const { name, type } = definition
    const ownCap = name.startsWith('keelson_metrics_') ? uncapped : cap
    if (type === 'histogram') {
      const shape = histogramShape(name, definition.buckets ?? [])
      add(histograms, new SeriesFamily(definition, (labels) => new HistogramSeries(shape, labels), ownCap))
    } else {
      add(scalars, new SeriesFamily(definition, (labels) => new ScalarSeries(name, labels), ownCap))
    }
  }
  function add<Series extends RenderedSeries>(
    into: Map<string, SeriesFamily<Series>>,
    family: SeriesFamily<Series>,
  ): void {
    into.set(family.definition.name, family)
    all.set(family.definition.name, family)
  }
  return {
    scalar: (name) => familyOf(scalars, name),
    histogram: (name) => familyOf(histograms, name),
    put: (family) => {
      all.set(family.definition.name, family)
    },
    async write(page, leftOut, pause) {
      for (const [name, family] of all) {
        if (leftOut.has(name)) continue
        const start = page.length
        page.text(headerText(page.format, name, family.definition.type, family.definition.help))
        const afterHeader = page.length
        for (const series of family.all()) {
          series.write(page)
          const pausing = pause()
          if (pausing !== undefined) await pausing
        }
        if (page.length === afterHeader) page.cutAt(start)
      }
    },
  }
}

function familyOf<Family>(families: ReadonlyMap<string, Family>, name: ScalarName | HistogramName): Family {
  const family = families.get(name)
  if (family === undefined) throw new TypeError(`${name} is of another type in the catalogue`)
  return family
}
