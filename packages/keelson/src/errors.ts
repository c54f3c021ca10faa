/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const keelsonErrors = {
  KEELSON_SERVICE_DEFINITION_INVALID:
    'The definition of a service is wrong: its name, a dependency, or a configuration key that the chassis has for itself. Correct what the message names.',
  KEELSON_SERVICE_STATE_INVALID:
    'A service was started twice, or started after it was stopped. Create a new service.',
  KEELSON_SERVICE_TASK_UNKNOWN:
    'The argument --task names no task of the service. Take one of those that the message lists.',
} as const

/** Code of an error thrown by this package. */
export type KeelsonErrorCode = keyof typeof keelsonErrors
