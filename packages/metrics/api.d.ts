// Public API of @keelson/metrics. Generated: npm run api

// @keelson/metrics

export interface Counter<Label extends string = never> {
    inc(...recording: RecordingArguments<Label, [value?: number]>): void;
}
export interface CustomGaugeOptions<Label extends string> extends CustomMetricOptions<Label> {
    readonly collect?: (gauge: Gauge<Label>) => void | Promise<void>;
}
export interface CustomHistogramOptions<Label extends string> extends CustomMetricOptions<Label> {
    readonly buckets?: readonly number[];
}
export interface CustomMetricOptions<Label extends string> {
    readonly name: string;
    readonly help: string;
    readonly labels?: readonly Label[];
    readonly type?: MetricType;
}
export interface CustomMetrics {
    counter<const Label extends string = never>(options: CustomMetricOptions<Label> & {
        readonly type?: 'counter';
    }): Counter<Label>;
    gauge<const Label extends string = never>(options: CustomGaugeOptions<Label> & {
        readonly type?: 'gauge';
    }): Gauge<Label>;
    histogram<const Label extends string = never>(options: CustomHistogramOptions<Label> & {
        readonly type?: 'histogram';
    }): Histogram<Label>;
}
export interface Exposition {
    readonly contentType: string;
    readonly bytes: Uint8Array;
    readonly body: string;
}
export interface ForeignRegistry {
    getMetricsAsArray(): readonly object[];
}
export interface Gauge<Label extends string = never> {
    set(...recording: RecordingArguments<Label, [value: number]>): void;
    inc(...recording: RecordingArguments<Label, [value?: number]>): void;
    dec(...recording: RecordingArguments<Label, [value?: number]>): void;
}
export interface Histogram<Label extends string = never> {
    observe(...recording: RecordingArguments<Label, [value: number]>): void;
}
export type MetricDeclaration = (CustomMetricOptions<string> & {
    readonly type: 'counter' | 'gauge';
}) | (CustomHistogramOptions<string> & {
    readonly type: 'histogram';
});
export interface MetricDefinition {
    readonly name: string;
    readonly type: MetricType;
    readonly help: string;
    readonly labels: readonly string[];
    readonly unit?: 'seconds' | 'bytes' | 'ratio';
    readonly buckets?: readonly number[];
}
export type MetricName = HistogramName | ScalarName;
export type MetricType = 'counter' | 'gauge' | 'histogram';
export interface Metrics extends CustomMetrics {
    readonly service: string;
    readonly requests: RequestMetrics;
    adopt(registry: ForeignRegistry): void;
    keepExemplars(on: boolean): void;
    render(options?: {
        readonly accept?: string | undefined;
    }): Promise<Exposition>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export type MetricsErrorCode = keyof typeof metricsErrors;
export interface MetricsOptions {
    readonly service: string;
    readonly version?: string;
    readonly commit?: string;
    readonly clock?: Clock;
    readonly runtime?: boolean;
    readonly maxSeriesPerMetric?: number;
    readonly exemplars?: boolean;
}
export type RecordingArguments<Label extends string, Value extends readonly unknown[]> = [Label] extends [
    never
] ? Value : [labels: Readonly<Record<Label, string | number>>, ...value: Value];
export interface RequestMetrics {
    route(method: string, routeTemplate: string | undefined): RouteRecorder;
    readonly inFlight: {
        inc(): void;
        dec(): void;
        readonly value: number;
    };
}
export interface RouteRecorder {
    record(statusCode: number, durationSeconds: number, traceId?: string, requestBytes?: number, responseBytes?: number): void;
}
export function createMetrics(options: MetricsOptions): Metrics;
export function describeMetric(declaration: MetricDeclaration): MetricDefinition;
export const metricCatalogue: readonly (MetricDefinition & {
    readonly name: MetricName;
})[];
export const metricsDefaults: Readonly<Required<Omit<MetricsOptions, 'service' | 'clock'>>>;
export const metricsErrors: {
    readonly KEELSON_METRICS_OPTIONS_INVALID: string;
    readonly KEELSON_METRICS_NAME_INVALID: string;
    readonly KEELSON_METRICS_NAME_TAKEN: string;
    readonly KEELSON_METRICS_REGISTRY_INVALID: string;
    readonly KEELSON_METRICS_COLLECT_TIMEOUT: string;
};
export function unitOfName(name: string): MetricDefinition['unit'];
export const unmatchedRoute = "unmatched";

// Not exported, but part of the types above.

type HistogramName = RuntimeHistogramName | ServiceHistogramName;
type ProcessScalarName = 'keelson_previous_exit_info' | 'keelson_restarts_last_hour' | 'keelson_ledger_problems_total' | 'keelson_limits_warnings_total' | 'keelson_container_memory_limit_bytes' | 'keelson_container_memory_usage_bytes' | 'keelson_container_memory_working_set_bytes' | 'keelson_container_memory_peak_bytes' | 'keelson_container_oom_kills_total' | 'keelson_container_cpu_limit_cores' | 'keelson_container_cpu_periods_total' | 'keelson_container_cpu_throttled_periods_total' | 'keelson_container_cpu_throttled_seconds_total' | 'keelson_leak_verdict' | 'keelson_leak_time_to_limit_seconds';
type RuntimeHistogramName = 'nodejs_gc_duration_seconds';
type RuntimeScalarName = 'process_cpu_seconds_total' | 'process_cpu_user_seconds_total' | 'process_cpu_system_seconds_total' | 'process_start_time_seconds' | 'process_uptime_seconds' | 'process_resident_memory_bytes' | 'process_open_fds' | 'process_max_fds' | 'nodejs_version_info' | 'nodejs_eventloop_lag_min_seconds' | 'nodejs_eventloop_lag_mean_seconds' | 'nodejs_eventloop_lag_p50_seconds' | 'nodejs_eventloop_lag_p90_seconds' | 'nodejs_eventloop_lag_p99_seconds' | 'nodejs_eventloop_lag_max_seconds' | 'nodejs_eventloop_utilization_ratio' | 'nodejs_heap_size_used_bytes' | 'nodejs_heap_size_total_bytes' | 'nodejs_heap_size_limit_bytes' | 'keelson_heap_old_generation_used_bytes' | 'keelson_heap_old_generation_limit_bytes' | 'nodejs_heap_space_size_used_bytes' | 'nodejs_heap_space_size_total_bytes' | 'nodejs_heap_space_size_available_bytes' | 'nodejs_external_memory_bytes';
type ScalarName = ProcessScalarName | RuntimeScalarName | ServiceScalarName;
type ServiceHistogramName = 'http_request_duration_seconds' | 'http_request_size_bytes' | 'http_response_size_bytes' | 'keelson_client_call_duration_seconds' | 'keelson_client_attempt_duration_seconds' | 'keelson_dns_query_duration_seconds' | 'keelson_work_duration_seconds' | 'keelson_admission_wait_seconds';
type ServiceScalarName = 'http_requests_total' | 'http_requests_in_flight' | 'keelson_build_info' | 'keelson_ready' | 'keelson_work_total' | 'keelson_main_thread_stalls_total' | 'keelson_lifecycle_phase' | 'keelson_health_check_up' | 'keelson_health_check_changes_total' | 'keelson_admission_shed_total' | 'keelson_resource_up' | 'keelson_resource_connects_total' | 'keelson_log_dropped_total' | 'keelson_log_shipping_up' | 'keelson_log_shipped_total' | 'keelson_log_shipped_bytes_total' | 'keelson_trace_spans_lost_total' | 'keelson_config_info' | 'keelson_config_revision' | 'keelson_config_applied_timestamp_seconds' | 'keelson_config_applied_total' | 'keelson_config_rejected_total' | 'keelson_config_source_up' | 'keelson_config_source_synced_timestamp_seconds' | 'keelson_config_restart_pending_keys' | 'keelson_config_shadowed_keys' | 'keelson_config_pinned_keys' | 'keelson_client_calls_total' | 'keelson_client_attempts_total' | 'keelson_client_retries_total' | 'keelson_breaker_state' | 'keelson_breaker_changes_total' | 'keelson_breaker_forced' | 'keelson_client_hedges_total' | 'keelson_client_endpoints' | 'keelson_client_ejections_total' | 'keelson_dns_queries_total' | 'keelson_dns_answers_total' | 'keelson_metrics_overflow_total' | 'keelson_metrics_rejected_total' | 'keelson_metrics_collect_errors_total' | 'keelson_metrics_scrapes_total' | 'keelson_metrics_scrape_seconds_total' | 'keelson_channel_subscriber_errors_total';
