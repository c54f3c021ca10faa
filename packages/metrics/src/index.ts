export {
  createMetrics,
  type Metrics,
  metricsDefaults,
  type MetricsOptions,
} from './metrics.ts'
export { type RequestMetrics, type RouteRecorder, unmatchedRoute } from './request-series.ts'
export type {
  Counter,
  CustomGaugeOptions,
  CustomHistogramOptions,
  CustomMetricOptions,
  CustomMetrics,
  Gauge,
  Histogram,
  RecordingArguments,
} from './custom-metrics.ts'
export type { ForeignRegistry } from './foreign-registry.ts'
export { metricCatalogue, type MetricName } from './catalogue.ts'
export { describeMetric, type MetricDeclaration, unitOfName } from './metric-declaration.ts'
export type { MetricDefinition, MetricType } from './metric-definition.ts'
export { metricsErrors, type MetricsErrorCode } from './errors.ts'
export type { Exposition } from './scrape.ts'
