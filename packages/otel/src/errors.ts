/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const otelErrors = {
  KEELSON_OTEL_OPTIONS_INVALID:
    'An option of tracing is unknown, of the wrong type or out of range. Correct the one that the message names.',
} as const

/** Code of an error thrown by this package. */
export type OtelErrorCode = keyof typeof otelErrors
