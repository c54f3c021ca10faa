import type { MetricDefinition } from './metric-definition.ts'
import { processDefinitions, type ProcessScalarName } from './process-catalogue.ts'
import { runtimeDefinitions, type RuntimeHistogramName, type RuntimeScalarName } from './runtime-catalogue.ts'
import { serviceDefinitions, type ServiceHistogramName, type ServiceScalarName } from './service-catalogue.ts'

/** Name of a histogram of the chassis. */
export type HistogramName = RuntimeHistogramName | ServiceHistogramName

/** Name of a counter or gauge of the chassis. */
export type ScalarName = ProcessScalarName | RuntimeScalarName | ServiceScalarName

/** Name of a metric of the chassis. */
export type MetricName = HistogramName | ScalarName

/**
 * Every metric that the chassis exposes, in the order of the exposition: the one list of them. Custom and adopted
 * metrics come after. Source of docs/reference/metrics.md.
 */
export const metricCatalogue: readonly (MetricDefinition & { readonly name: MetricName })[] = Object.entries({
  ...serviceDefinitions,
  ...processDefinitions,
  ...runtimeDefinitions,
  // Object.entries types keys as string; they are the keys of the three objects.
}).map(([name, definition]) => ({ name: name as MetricName, ...definition }))
