import { checkOptions, type OptionRule, optionRules } from '@keelson/core/errors'
import type { ClientMetricOptions, ClientRegistry, LabelValues } from './client-adapter.ts'
import { checkMetric, metricRules } from './metric-declaration.ts'
import type { MetricDefinition, MetricType } from './metric-definition.ts'
import { createRecording, type Recording } from './recording.ts'
import type { SeriesCap } from './series-family.ts'

/** What every custom metric is made from. */
export interface CustomMetricOptions<Label extends string> {
  /** Name by Prometheus's rules: snake_case, base unit, `_total` for a counter and for nothing else. */
  readonly name: string
  /** One sentence that says what is measured. */
  readonly help: string
  /**
   * Names of the labels; every recording gives a value to each.
   *
   * @defaultValue none
   */
  readonly labels?: readonly Label[]
  /**
   * Kind of the metric, which the method that makes it says too: so that a {@link MetricDeclaration} of a service's definition
   * can be handed over as it is.
   *
   * @defaultValue what the method makes
   */
  readonly type?: MetricType
}

/** Options of a gauge. */
export interface CustomGaugeOptions<Label extends string> extends CustomMetricOptions<Label> {
  /**
   * Called in every scrape before the gauge is read, to set it then. It has a second; when it fails or takes longer, the
   * gauge is left out of that scrape.
   */
  readonly collect?: (gauge: Gauge<Label>) => void | Promise<void>
}

/** Options of a histogram. */
export interface CustomHistogramOptions<Label extends string> extends CustomMetricOptions<Label> {
  /**
   * Upper bounds in the unit of the metric, from 0 on, ascending, without `+Inf`.
   *
   * @defaultValue 0.005 to 10, as every client library's
   */
  readonly buckets?: readonly number[]
}

/** Arguments of a recording: without labels only the value, with labels all of them before it. */
export type RecordingArguments<Label extends string, Value extends readonly unknown[]> = [Label] extends [
  never,
]
  ? Value
  : [labels: Readonly<Record<Label, string | number>>, ...value: Value]

/** A number that only grows. Recording never throws: what is not a number from 0 on is counted as rejected. */
export interface Counter<Label extends string = never> {
  /** Adds to the counter, 1 unless said otherwise. */
  inc(...recording: RecordingArguments<Label, [value?: number]>): void
}

/** A number that goes up and down. Recording never throws: what is not a finite number is counted as rejected. */
export interface Gauge<Label extends string = never> {
  set(...recording: RecordingArguments<Label, [value: number]>): void
  /** Adds to the gauge, 1 unless said otherwise. */
  inc(...recording: RecordingArguments<Label, [value?: number]>): void
  /** Takes from the gauge, 1 unless said otherwise. */
  dec(...recording: RecordingArguments<Label, [value?: number]>): void
}

/** A distribution of values. Recording never throws: what is not a number from 0 on is counted as rejected. */
export interface Histogram<Label extends string = never> {
  observe(...recording: RecordingArguments<Label, [value: number]>): void
}

/** Makes the metrics of a service's own. */
export interface CustomMetrics {
  /** @throws KEELSON_METRICS_OPTIONS_INVALID KEELSON_METRICS_NAME_INVALID KEELSON_METRICS_NAME_TAKEN */
  counter<const Label extends string = never>(
    options: CustomMetricOptions<Label> & { readonly type?: 'counter' },
  ): Counter<Label>
  /** @throws KEELSON_METRICS_OPTIONS_INVALID KEELSON_METRICS_NAME_INVALID KEELSON_METRICS_NAME_TAKEN */
  gauge<const Label extends string = never>(
    options: CustomGaugeOptions<Label> & { readonly type?: 'gauge' },
  ): Gauge<Label>
  /** @throws KEELSON_METRICS_OPTIONS_INVALID KEELSON_METRICS_NAME_INVALID KEELSON_METRICS_NAME_TAKEN */
  histogram<const Label extends string = never>(
    options: CustomHistogramOptions<Label> & { readonly type?: 'histogram' },
  ): Histogram<Label>
}

/** What custom metrics need of their surroundings. */
export interface CustomMetricsHost {
  /** Loads the client on the first call. */
  readonly registry: () => ClientRegistry
  /** Makes the recording side of a histogram, whose series are the chassis's own. */
  readonly histogram: (definition: MetricDefinition) => (labels: LabelValues, value: number) => void
  readonly cap: SeriesCap
  /** Takes a name for this service. Throws KEELSON_METRICS_NAME_TAKEN. */
  readonly claim: (name: string) => void
  /** Told of a value that was not recorded. */
  readonly onRejected: (metric: string) => void
}

/** Makes {@link CustomMetrics}. */
export function createCustomMetrics(host: CustomMetricsHost): CustomMetrics {
  return {
    counter(options) {
      const { record, clientOptions } = prepare(host, 'counter', options, metricRules)
      const inc = host.registry().counter(clientOptions)
      return { inc: (...recorded: readonly unknown[]) => record(recorded, 1, inc) }
    },
    gauge(options) {
      const { record, clientOptions } = prepare(host, 'gauge', options, {
        ...metricRules,
        collect: optionRules.function,
      })
      const { collect } = options
      const gauge = {
        set: (...recorded: readonly unknown[]) => record(recorded, undefined, client.set),
        inc: (...recorded: readonly unknown[]) => record(recorded, 1, client.add),
        dec: (...recorded: readonly unknown[]) =>
          record(recorded, 1, (labels, value) => client.add(labels, -value)),
      }
      const client = host
        .registry()
        .gauge({ ...clientOptions, collect: collect === undefined ? undefined : () => collect(gauge) })
      return gauge
    },
    histogram(options) {
      const rules = { ...metricRules, buckets: optionRules.array }
      const { record, clientOptions } = prepare(host, 'histogram', options, rules)
      const { buckets } = options
      const observe = host.histogram({
        ...clientOptions,
        type: 'histogram',
        ...(buckets === undefined ? {} : { buckets: [...buckets] }),
      })
      return { observe: (...recorded: readonly unknown[]) => record(recorded, undefined, observe) }
    },
  }
}

/** Checks everything, takes the name and makes the recording side of a metric. */
function prepare<Options extends CustomMetricOptions<string> & { readonly buckets?: readonly number[] }>(
  { cap, claim, onRejected }: CustomMetricsHost,
  type: MetricType,
  options: Options,
  rules: { readonly [Name in keyof Required<Options>]: OptionRule },
): { readonly record: Recording; readonly clientOptions: ClientMetricOptions } {
  checkOptions('KEELSON_METRICS_OPTIONS_INVALID', type, options, rules)
  checkMetric(type, options)
  const { name, help, labels = [] } = options
  claim(name)
  // The sum of a histogram is a counter too.
  const minimum = type === 'gauge' ? Number.NEGATIVE_INFINITY : 0
  return {
    record: createRecording({ metric: name, labels, minimum, cap, onRejected }),
    clientOptions: { name, help, labels },
  }
}
