import { checkOptions, KeelsonError, type OptionRule, optionRules } from '@keelson/core/errors'
import type { CustomHistogramOptions, CustomMetricOptions } from './custom-metrics.ts'
import type { MetricDefinition, MetricType } from './metric-definition.ts'
import { checkNaming } from './name-rules.ts'

/**
 * A metric of a service's own as data, for its definition: what makes it at run time takes it as it is, and tools that draw a
 * board read it without starting anything.
 */
export type MetricDeclaration =
  | (CustomMetricOptions<string> & { readonly type: 'counter' | 'gauge' })
  | (CustomHistogramOptions<string> & { readonly type: 'histogram' })

/** Rules of the options that every custom metric has. */
export const metricRules: Readonly<Record<'name' | 'help' | 'labels' | 'type', OptionRule>> = {
  name: optionRules.string,
  help: optionRules.string,
  labels: optionRules.array,
  type: optionRules.string,
}

/**
 * Checks a declaration by the rules that hold when the metric is made, and completes it.
 *
 * @throws KEELSON_METRICS_OPTIONS_INVALID KEELSON_METRICS_NAME_INVALID
 */
export function describeMetric(declaration: MetricDeclaration): MetricDefinition {
  const { type } = declaration
  checkOptions('KEELSON_METRICS_OPTIONS_INVALID', 'metric', declaration, {
    ...metricRules,
    ...(type === 'histogram' ? { buckets: optionRules.array } : {}),
  })
  if (!types.has(type))
    throw invalid('metric.type', `of ${declaration.name} is none of ${[...types].join(', ')}.`)
  checkMetric(type, declaration)
  const { name, help, labels = [] } = declaration
  const buckets = type === 'histogram' ? declaration.buckets : undefined
  const unit = unitOfName(name)
  return {
    name,
    type,
    help,
    labels,
    ...(unit === undefined ? {} : { unit }),
    ...(buckets === undefined ? {} : { buckets }),
  }
}

/** Base unit that a name ends in; `undefined` for counts. */
export function unitOfName(name: string): MetricDefinition['unit'] {
  return (['seconds', 'bytes', 'ratio'] as const).find((unit) =>
    name.replace(/_total$/, '').endsWith(`_${unit}`),
  )
}

/**
 * Checks names, type and buckets.
 *
 * @param type what is being made
 * @throws KEELSON_METRICS_OPTIONS_INVALID KEELSON_METRICS_NAME_INVALID
 */
export function checkMetric(
  type: MetricType,
  options: CustomMetricOptions<string> & { readonly buckets?: readonly number[] },
): void {
  const { name, help, labels = [], buckets = [] } = options
  if (options.type !== undefined && options.type !== type) {
    throw invalid(`${type}.type`, `of ${name} is ${options.type}. Make it with the method of that name.`)
  }
  checkNaming({ name, help, labels, type })
  const ascending = buckets.every(
    (bound, index) =>
      Number.isFinite(bound) && (index === 0 ? bound >= 0 : bound > (buckets[index - 1] ?? bound)),
  )
  if (ascending) return
  throw invalid(
    'histogram.buckets',
    `of ${name} are not finite numbers from 0 on in ascending order. Leave out +Inf, which is always there.`,
  )
}

const types: ReadonlySet<string> = new Set<MetricType>(['counter', 'gauge', 'histogram'])

function invalid(path: string, problem: string): KeelsonError {
  return new KeelsonError('KEELSON_METRICS_OPTIONS_INVALID', `${path} ${problem}`, { details: { path } })
}
