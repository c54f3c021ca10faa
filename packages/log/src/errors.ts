/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const logErrors = {
  KEELSON_LOG_OPTIONS_INVALID:
    'An option of the log or of its destination is unknown, of the wrong type or out of range. Correct the option that the message names.',
} as const

/** Code of an error thrown by this package. */
export type LogErrorCode = keyof typeof logErrors
