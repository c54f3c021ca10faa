import { KeelsonError } from '@keelson/core/errors'
import type { MetricType } from './metric-definition.ts'
import {
  boundText,
  escapeLabelValue,
  type ExpositionFormat,
  familyName,
  headerText,
  numberText,
  sampleText,
} from './exposition.ts'

/** One value of a metric, as the clients of the prom-client family give it. */
export interface ForeignValue {
  readonly value: number
  readonly labels?: Readonly<Record<string, unknown>>
  /** Labels that the lines of one histogram series share. */
  readonly sharedLabels?: Readonly<Record<string, unknown>>
  /** Name of the line where it differs from the metric's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string
}

/** A metric with its values. */
export interface ForeignMetric {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values?: readonly ForeignValue[]
}

/**
 * A registry of a Prometheus client: of `@prometheus-io/client`, `prom-client`, or whatever has the same two methods.
 */
export interface ForeignRegistry {
  getMetricsAsArray(): readonly object[]
}

/** A metric of a foreign registry that can be asked for its values. */
export interface ForeignCollector {
  readonly name: string
  /** Whether code runs to find the values, which may fail. */
  readonly collects: boolean
  /** Runs the metric's own `collect` and gives its values, the registry's default labels included. */
  read(): Promise<ForeignMetric>
}

/**
 * Checks that something can be read as a registry.
 *
 * @throws KEELSON_METRICS_REGISTRY_INVALID
 */
export function checkRegistry(registry: unknown): asserts registry is ForeignRegistry {
  if (isRegistry(registry)) return
  throw new KeelsonError(
    'KEELSON_METRICS_REGISTRY_INVALID',
    'adopt() takes a registry with the method getMetricsAsArray(), such as `register` of prom-client.',
  )
}

/** Whether something has what is read of a registry. */
export function isRegistry(registry: unknown): registry is ForeignRegistry {
  return (
    typeof registry === 'object' &&
    registry !== null &&
    'getMetricsAsArray' in registry &&
    typeof registry.getMetricsAsArray === 'function'
  )
}

/** The metrics of a registry, one by one, so that a bad one does no harm to the others. */
export function collectorsOf(registry: ForeignRegistry): readonly ForeignCollector[] {
  return registry
    .getMetricsAsArray()
    .filter(hasGet)
    .map((metric) => ({
      name: metric.name,
      collects: 'collect' in metric && metric.collect !== undefined,
      async read() {
        const { name, help, type, values = [] } = await metric.get()
        checkNames(name, Object.keys(defaultLabelsOf(registry)))
        if (!Array.isArray(values)) throw new TypeError(`The values of ${name} are no list.`)
        return { name, help, type, values: withDefaultLabels(values, defaultLabelsOf(registry)) }
      },
    }))
}

/** The lines of a foreign metric in either format, header first; its registry's own format plays no part. */
export function* foreignLines(format: ExpositionFormat, metric: ForeignMetric): Generator<string, void> {
  const type = typeOf(metric.type)
  const isOpenCounter = format === 'openmetrics' && type === 'counter'
  // OpenMetrics knows a counter by its `_total`; the text format takes the name as it is.
  const name = isOpenCounter ? `${familyName(metric.name)}_total` : metric.name
  yield headerText(format, name, type, metric.help)
  for (const { value, labels = {}, sharedLabels = {}, metricName = name } of metric.values ?? []) {
    yield `${sampleText(isOpenCounter ? name : metricName, labelsText(labels, sharedLabels))}${numberText(value)}\n`
  }
}

function hasGet(metric: object): metric is { name: string; get(): Promise<ForeignMetric> } {
  return 'get' in metric && typeof metric.get === 'function' && 'name' in metric
}

/** The clients check names of metrics and labels, but not those of default labels; one bad line fails a whole scrape. */
function checkNames(metric: string, defaultLabels: readonly string[]): void {
  const bad = [metric, ...defaultLabels].find((name) => !/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name))
  if (bad === undefined) return
  throw new KeelsonError(
    'KEELSON_METRICS_NAME_INVALID',
    `Adopted metric ${metric}: ${JSON.stringify(bad)} is no name for a metric or label. Its series are left out.`,
  )
}

function typeOf(type: string): MetricType | 'summary' | 'unknown' {
  return type === 'counter' || type === 'gauge' || type === 'histogram' || type === 'summary'
    ? type
    : 'unknown'
}

/** The registries keep default labels in this field and give no other way to read them for one metric. */
function defaultLabelsOf(registry: ForeignRegistry): Readonly<Record<string, unknown>> {
  const labels: unknown = Reflect.get(registry, '_defaultLabels')
  return typeof labels === 'object' && labels !== null ? { ...labels } : {}
}

function withDefaultLabels(
  values: readonly ForeignValue[],
  defaults: Readonly<Record<string, unknown>>,
): readonly ForeignValue[] {
  if (Object.keys(defaults).length === 0) return values
  return values.map((value) => ({ ...value, labels: { ...defaults, ...value.labels } }))
}

function labelsText(
  labels: Readonly<Record<string, unknown>>,
  sharedLabels: Readonly<Record<string, unknown>>,
): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(sharedLabels)) parts.push(labelPart(name, value))
  for (const [name, value] of Object.entries(labels)) {
    if (!Object.hasOwn(sharedLabels, name)) parts.push(labelPart(name, value))
  }
  return parts.join(',')
}

function labelPart(name: string, value: unknown): string {
  const isBound = (name === 'le' || name === 'quantile') && typeof value === 'number'
  return `${name}="${isBound ? boundText(value) : escapeLabelValue(String(value))}"`
}
