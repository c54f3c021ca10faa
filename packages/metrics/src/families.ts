import { type HistogramName, metricCatalogue, type ScalarName } from './catalogue.ts'
import { type ExpositionFormat, headerText } from './exposition.ts'
import { HistogramSeries, histogramShape } from './histogram-series.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { ScalarSeries } from './scalar-series.ts'
import { type RenderedSeries, type SeriesCap, SeriesFamily } from './series-family.ts'

/** A piece of the exposition that renders itself under the header of its metric. */
export interface RenderedFamily {
  readonly definition: MetricDefinition
  /** Lines of all series, the same in both formats; empty when there is none. */
  render(): string
}

/** Every metric of the catalogue for one service, by name. */
export interface Families {
  /** Counter or gauge of the catalogue. */
  scalar(name: ScalarName): SeriesFamily<ScalarSeries>
  /** Histogram of the catalogue. */
  histogram(name: HistogramName): SeriesFamily<HistogramSeries>
  /** Puts a family that keeps its series by itself in the place of the catalogue's. */
  replace(family: RenderedFamily): void
  /**
   * The exposition of all families that have series, without an end mark.
   *
   * @param leftOut metrics whose collector failed
   */
  render(format: ExpositionFormat, leftOut: ReadonlySet<string>): string
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
    replace: (family) => {
      all.set(family.definition.name, family)
    },
    render(format, leftOut) {
      let text = ''
      for (const [name, family] of all) {
        const lines = leftOut.has(name) ? '' : family.render()
        const { type, help } = family.definition
        if (lines !== '') text += headerText(format, name, type, help) + lines
      }
      return text
    },
  }
}

function familyOf<Family>(families: ReadonlyMap<string, Family>, name: ScalarName | HistogramName): Family {
  const family = families.get(name)
  if (family === undefined) throw new TypeError(`${name} is of another type in the catalogue`)
  return family
}
