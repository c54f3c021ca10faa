import type { Definitions } from './metric-definition.ts'

/** Name of a histogram of a service. */
export type ServiceHistogramName =
  | 'http_request_duration_seconds'
  | 'http_request_size_bytes'
  | 'http_response_size_bytes'
  | 'keelson_client_call_duration_seconds'
  | 'keelson_client_attempt_duration_seconds'
  | 'keelson_dns_query_duration_seconds'
  | 'keelson_work_duration_seconds'
  | 'keelson_admission_wait_seconds'

/** Name of a counter or gauge of a service. */
export type ServiceScalarName =
  | 'http_requests_total'
  | 'http_requests_in_flight'
  | 'keelson_build_info'
  | 'keelson_ready'
  | 'keelson_work_total'
  | 'keelson_main_thread_stalls_total'
  | 'keelson_lifecycle_phase'
  | 'keelson_health_check_up'
  | 'keelson_health_check_changes_total'
  | 'keelson_admission_shed_total'
  | 'keelson_resource_up'
  | 'keelson_resource_connects_total'
  | 'keelson_log_dropped_total'
  | 'keelson_log_shipping_up'
  | 'keelson_log_shipped_total'
  | 'keelson_log_shipped_bytes_total'
  | 'keelson_trace_spans_lost_total'
  | 'keelson_config_info'
  | 'keelson_config_revision'
  | 'keelson_config_applied_timestamp_seconds'
  | 'keelson_config_applied_total'
  | 'keelson_config_rejected_total'
  | 'keelson_config_source_up'
  | 'keelson_config_source_synced_timestamp_seconds'
  | 'keelson_config_restart_pending_keys'
  | 'keelson_config_shadowed_keys'
  | 'keelson_config_pinned_keys'
  | 'keelson_client_calls_total'
  | 'keelson_client_attempts_total'
  | 'keelson_client_retries_total'
  | 'keelson_breaker_state'
  | 'keelson_breaker_changes_total'
  | 'keelson_breaker_forced'
  | 'keelson_client_hedges_total'
  | 'keelson_client_endpoints'
  | 'keelson_client_ejections_total'
  | 'keelson_dns_queries_total'
  | 'keelson_dns_answers_total'
  | 'keelson_metrics_overflow_total'
  | 'keelson_metrics_rejected_total'
  | 'keelson_metrics_collect_errors_total'
  | 'keelson_metrics_scrapes_total'
  | 'keelson_metrics_scrape_seconds_total'
  | 'keelson_channel_subscriber_errors_total'

/** The defaults of every Prometheus client library, 5 ms to 10 s; boards and recording rules rely on them. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Powers of ten from one packet to what no answer should be: enough to see which route moves the bytes. */
const sizeBuckets = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000] as const

/** Metrics of the requests of a service and of what happens to it. */
export const serviceDefinitions: Definitions<ServiceHistogramName | ServiceScalarName> = {
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the end of its answer.',
    labels: ['method', 'route', 'status_class'],
    unit: 'seconds',
    buckets: requestBuckets,
  },
  http_requests_total: {
    type: 'counter',
    help: 'Requests that ended, by the status of their answer.',
    labels: ['method', 'route', 'status_code'],
  },
  http_request_size_bytes: {
    type: 'histogram',
    help: 'Announced size of the bodies of requests; those without one are not counted.',
    labels: ['method', 'route'],
    unit: 'bytes',
    buckets: sizeBuckets,
  },
  http_response_size_bytes: {
    type: 'histogram',
    help: 'Size of the bodies of answers; streams of unknown size and answers without a body are not counted.',
    labels: ['method', 'route'],
    unit: 'bytes',
    buckets: sizeBuckets,
  },
  http_requests_in_flight: { type: 'gauge', help: 'Requests that are being handled now.', labels: [] },

  keelson_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels say which build of which service runs.',
    labels: ['service', 'version', 'commit'],
  },
  keelson_ready: {
    type: 'gauge',
    help: 'Whether the service is started, not draining and has every critical check up.',
    labels: [],
  },
  keelson_lifecycle_phase: {
    type: 'gauge',
    help: '1 for the phase that the process is in, 0 for the others.',
    labels: ['phase'],
  },
  keelson_health_check_up: {
    type: 'gauge',
    help: 'Last result of a health check, 1 for up.',
    labels: ['check', 'critical'],
  },
  keelson_health_check_changes_total: {
    type: 'counter',
    help: 'How often a health check changed its result, by the new result.',
    labels: ['check', 'status'],
  },

  keelson_admission_shed_total: {
    type: 'counter',
    help: 'Requests that were refused at the door.',
    labels: ['reason', 'criticality'],
  },
  keelson_admission_wait_seconds: {
    type: 'histogram',
    help: 'Time for which requests waited for the event loop before they were started; of those that had to.',
    labels: [],
    unit: 'seconds',
    buckets: requestBuckets,
  },
  keelson_resource_up: {
    type: 'gauge',
    help: 'Whether a resource (a database, a cache, a broker) has a connection.',
    labels: ['resource'],
  },
  keelson_resource_connects_total: {
    type: 'counter',
    help: 'Attempts to connect a resource, by what came of them.',
    labels: ['resource', 'result'],
  },
  keelson_log_dropped_total: { type: 'counter', help: 'Log lines that were lost.', labels: ['reason'] },
  keelson_log_shipping_up: {
    type: 'gauge',
    help: '1 while there is a connection to the receiver that log lines are shipped to.',
    labels: [],
  },
  keelson_log_shipped_total: {
    type: 'counter',
    help: 'Log lines that the kernel took for the receiver that they are shipped to.',
    labels: [],
  },
  keelson_log_shipped_bytes_total: {
    type: 'counter',
    help: 'Bytes of the log lines that were shipped.',
    labels: [],
    unit: 'bytes',
  },
  keelson_trace_spans_lost_total: {
    type: 'counter',
    help: 'Spans of traces that the receiver did not get.',
    labels: ['reason'],
  },

  keelson_config_info: {
    type: 'gauge',
    help: 'Always 1; the label is the digest of the configuration in force, equal on equal replicas.',
    labels: ['hash'],
  },
  keelson_config_revision: {
    type: 'gauge',
    help: 'Number of the configuration in force, 1 for the first of the process.',
    labels: [],
  },
  keelson_config_applied_timestamp_seconds: {
    type: 'gauge',
    help: 'When the configuration in force was applied, in seconds since 1970; 0 before the first.',
    labels: [],
    unit: 'seconds',
  },
  keelson_config_applied_total: {
    type: 'counter',
    help: 'Configurations that came into force.',
    labels: [],
  },
  keelson_config_rejected_total: {
    type: 'counter',
    help: 'Changes of configuration that were refused.',
    labels: [],
  },
  keelson_config_source_up: {
    type: 'gauge',
    help: 'Whether a source of configuration is within reach.',
    labels: ['source'],
  },
  keelson_config_source_synced_timestamp_seconds: {
    type: 'gauge',
    help: 'When a source of configuration was last read, in seconds since 1970; 0 before the first time.',
    labels: ['source'],
    unit: 'seconds',
  },
  keelson_config_restart_pending_keys: {
    type: 'gauge',
    help: 'Keys that were changed and take effect at the next start.',
    labels: [],
  },
  keelson_config_shadowed_keys: {
    type: 'gauge',
    help: 'Keys that a remote source sets without effect, because a higher layer sets them too.',
    labels: [],
  },
  keelson_config_pinned_keys: {
    type: 'gauge',
    help: 'Keys for which KEELSON_CONFIG_PIN lets the environment win over remote sources.',
    labels: [],
  },

  keelson_client_calls_total: {
    type: 'counter',
    help: 'Calls to a dependency that ended, retries and fallback included.',
    labels: ['dependency', 'outcome'],
  },
  keelson_client_call_duration_seconds: {
    type: 'histogram',
    help: 'Duration of calls to a dependency, retries and fallback included.',
    labels: ['dependency'],
    unit: 'seconds',
    buckets: requestBuckets,
  },
  keelson_client_attempts_total: {
    type: 'counter',
    help: 'Single attempts of calls to a dependency.',
    labels: ['dependency', 'outcome'],
  },
  keelson_client_attempt_duration_seconds: {
    type: 'histogram',
    help: 'Duration of single attempts of calls to a dependency.',
    labels: ['dependency'],
    unit: 'seconds',
    buckets: requestBuckets,
  },
  keelson_client_retries_total: {
    type: 'counter',
    help: 'Failed attempts by what came of the retry: scheduled, or why there was none.',
    labels: ['dependency', 'result'],
  },
  keelson_breaker_state: {
    type: 'gauge',
    help: '1 for the state that the circuit breaker of a dependency, or of one of its operation groups (dependency:group), is in, 0 for the others.',
    labels: ['dependency', 'state'],
  },
  keelson_breaker_changes_total: {
    type: 'counter',
    help: 'How often the circuit breaker of a dependency changed its state, by the new state.',
    labels: ['dependency', 'to'],
  },
  keelson_breaker_forced: {
    type: 'gauge',
    help: '1 while somebody forces the circuit breaker of a dependency, or of one of its operation groups (dependency:group), open (isolated) or closed (no call is refused), else 0.',
    labels: ['dependency', 'to'],
  },

  keelson_work_total: {
    type: 'counter',
    help: 'Messages of workers, runs of jobs and tasks that have ended, by outcome.',
    labels: ['kind', 'name', 'outcome'],
  },
  keelson_work_duration_seconds: {
    type: 'histogram',
    help: 'Time that a message of a worker, a run of a job or a task took.',
    labels: ['kind', 'name'],
    unit: 'seconds',
    buckets: requestBuckets,
  },
  keelson_main_thread_stalls_total: {
    type: 'counter',
    help: 'How often the main thread was blocked beyond the limit of liveness.',
    labels: [],
  },

  keelson_client_hedges_total: {
    type: 'counter',
    help: 'Slow reads that were, or might have been, asked for a second time, by what came of it.',
    labels: ['dependency', 'result'],
  },
  keelson_client_endpoints: {
    type: 'gauge',
    help: 'Addresses of a dependency, or groups of connections to its only one, by whether they take part.',
    labels: ['dependency', 'state'],
  },
  keelson_client_ejections_total: {
    type: 'counter',
    help: 'Addresses of a dependency that were taken out of the choice for a while.',
    labels: ['dependency', 'reason'],
  },
  keelson_dns_queries_total: {
    type: 'counter',
    help: 'Names that a name server or the system was asked for, by what came of it.',
    labels: ['result'],
  },
  keelson_dns_query_duration_seconds: {
    type: 'histogram',
    help: 'Time until a name server or the system answered for a name, failures included.',
    labels: [],
    unit: 'seconds',
    buckets: requestBuckets,
  },
  keelson_dns_answers_total: {
    type: 'counter',
    help: 'Addresses given for a name, by where they came from.',
    labels: ['from'],
  },

  keelson_metrics_overflow_total: {
    type: 'counter',
    help: 'Recordings that went to the series labelled other, because a metric had its full number of series.',
    labels: ['metric'],
  },
  keelson_metrics_rejected_total: {
    type: 'counter',
    help: 'Values that were not recorded: not finite, or negative for a counter.',
    labels: ['metric'],
  },
  keelson_metrics_collect_errors_total: {
    type: 'counter',
    help: 'Collectors that failed or took too long during a scrape; their series were left out of it.',
    labels: ['collector'],
  },
  keelson_metrics_scrapes_total: {
    type: 'counter',
    help: 'Expositions that were made before this one.',
    labels: [],
  },
  keelson_metrics_scrape_seconds_total: {
    type: 'counter',
    help: 'Time that the expositions before this one took, waiting for collectors included.',
    labels: [],
    unit: 'seconds',
  },
  keelson_channel_subscriber_errors_total: {
    type: 'counter',
    help: 'Facts on the channels of the process that a subscriber failed to take.',
    labels: ['channel'],
  },
}
