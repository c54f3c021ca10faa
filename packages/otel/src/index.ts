export { createTracing, type Tracing, tracingDefaults, type TracingOptions } from './tracing.ts'
export { otelErrors, type OtelErrorCode } from './errors.ts'
