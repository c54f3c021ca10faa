/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const metricsErrors = {
  KEELSON_METRICS_OPTIONS_INVALID:
    'An option of the metrics is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_METRICS_NAME_INVALID:
    'The name, help, label or bucket of a metric breaks a naming rule of Prometheus. Rename it as the message says.',
  KEELSON_METRICS_NAME_TAKEN:
    'A metric of this name exists already, in the chassis or made before. Choose another name, or keep the metric that was made first.',
  KEELSON_METRICS_REGISTRY_INVALID:
    'What was handed to adopt() is not a registry of a Prometheus client. Hand over an object with getMetricsAsArray().',
  KEELSON_METRICS_COLLECT_TIMEOUT:
    'A collector did not finish within its deadline during a scrape, and its series were left out. Make it faster, or collect outside of the scrape.',
} as const

/** Code of an error thrown by this package. */
export type MetricsErrorCode = keyof typeof metricsErrors
