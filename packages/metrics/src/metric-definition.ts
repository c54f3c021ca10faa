/** Kind of a metric in both exposition formats. */
export type MetricType = 'counter' | 'gauge' | 'histogram'

/** One metric that the chassis exposes, as the reference page and the exposition describe it. */
export interface MetricDefinition {
  /** Full name, unit suffix and `_total` included. */
  readonly name: string
  readonly type: MetricType
  /** One sentence; text of the `# HELP` line. */
  readonly help: string
  /** Names of the labels, in the order in which they are written. */
  readonly labels: readonly string[]
  /** Base unit of the value; absent for counts and for 0/1. */
  readonly unit?: 'seconds' | 'bytes' | 'ratio'
  /** Upper bounds of a histogram in its unit, ascending, without `+Inf`. */
  readonly buckets?: readonly number[]
}

/** Definitions by name, as the files of the catalogue write them. */
export type Definitions<Name extends string> = Readonly<Record<Name, Omit<MetricDefinition, 'name'>>>
