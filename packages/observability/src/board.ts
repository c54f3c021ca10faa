import type { Matcher, SeriesName } from './series-name.ts'
import { selector } from './series-name.ts'

/** Units of Grafana that the board uses. */
export type Unit = 's' | 'bytes' | 'Bps' | 'percentunit' | 'reqps' | 'ops' | 'short' | 'dateTimeAsIso'

/** A query of a panel, with the name of its series. */
export interface Target {
  /** PromQL; every selector is made by {@link shown}. */
  readonly expr: string
  /** As Grafana writes it: `{{route}}`. */
  readonly legend: string
  /** Show the traces that Prometheus keeps beside the series: `metrics.exemplars` of the services. @defaultValue false */
  readonly exemplar?: boolean
}

/** A panel as its author thinks of it; the generator adds place, data source and defaults. */
export interface Panel {
  readonly title: string
  /** What to read from it, in one sentence. */
  readonly description: string
  readonly kind: 'timeseries' | 'stat' | 'state-timeline'
  readonly unit: Unit
  readonly targets: readonly Target[]
  /** Of 24 columns. @defaultValue 8 */
  readonly width?: 4 | 6 | 8 | 12
  /** Text and colour for the values of a state, by value. */
  readonly states?: Readonly<Record<number, readonly [text: string, color: 'green' | 'orange' | 'red']>>
}

/** Panels under one heading. */
export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

/** A whole board. */
export interface Board {
  /** Kept by Grafana when the board is imported again: letters, digits and `-`, at most 40. */
  readonly uid: string
  readonly title: string
  /** Job that is chosen at first; all jobs without. */
  readonly job?: string
  readonly rows: readonly Row[]
}

/** A selector that keeps to the jobs and instances that are chosen on the board. */
export function shown(name: SeriesName, ...matchers: readonly Matcher[]): string {
  return selector(name, 'job=~"$job"', 'instance=~"$instance"', ...matchers)
}

/** Increase a second over the interval that fits the zoom. */
export function rate(name: SeriesName, ...matchers: readonly Matcher[]): string {
  return `rate(${shown(name, ...matchers)}[$__rate_interval])`
}
