// Public API of @keelson/otel. Generated: npm run api

// @keelson/otel

export type OtelErrorCode = keyof typeof otelErrors;
export interface Tracing {
    readonly tracer: RequestTracer;
    flush(): Promise<void>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface TracingOptions {
    readonly service: string;
    readonly version?: string;
    readonly endpoint: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly sampleRatio?: number;
    readonly maxQueueCount?: number;
    readonly maxBatchCount?: number;
    readonly intervalMs?: number;
    readonly exportTimeoutMs?: number;
    readonly clock?: Clock;
}
export function createTracing(options: TracingOptions): Tracing;
export const otelErrors: {
    readonly KEELSON_OTEL_OPTIONS_INVALID: string;
};
export const tracingDefaults: Readonly<Required<Pick<TracingOptions, 'version' | 'sampleRatio' | 'maxQueueCount' | 'maxBatchCount' | 'intervalMs' | 'exportTimeoutMs'>>>;
