/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const observabilityErrors = {
  KEELSON_OBSERVABILITY_OPTIONS_INVALID:
    'A fact about the service, or the folder, is unknown, missing or of the wrong type. Correct the one that the message names.',
} as const

/** Code of an error thrown by this package. */
export type ObservabilityErrorCode = keyof typeof observabilityErrors
