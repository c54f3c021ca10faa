/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const logErrors = {
  KEELSON_LOG_OPTIONS_INVALID:
    'An option of the log or of its destination is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_LOG_GELF_PRO_MISSING:
    'Lines are to be shipped directly (`log.gelf.url`), but the package gelf-pro is not installed. Run `npm install gelf-pro`.',
} as const

/** Code of an error thrown by this package. */
export type LogErrorCode = keyof typeof logErrors
