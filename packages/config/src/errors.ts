/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const configErrors = {
  KEELSON_CONFIG_INVALID:
    'One or more configuration values are missing, malformed or unknown. Correct every fault that the message lists; each names its origin and its remedy.',
  KEELSON_CONFIG_SCHEMA_INVALID:
    'The schema itself is wrong: an unknown format, a default that its own format refuses, two keys on one environment name. Correct the code that defines it.',
  KEELSON_CONFIG_OPTIONS_INVALID:
    'An option of `createConfig` is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_CONFIG_SOURCE_UNAVAILABLE:
    'A required configuration source did not answer within the start-up budget. Look at the cause, bring the source back, or set KEELSON_CONFIG_ETCD=off to start without it.',
  KEELSON_CONFIG_KEY_UNKNOWN:
    'The key given to `explain` or `subscribe` is not in the schema. Correct the key; the message suggests the nearest.',
} as const

/** Code of an error thrown by this package. */
export type ConfigErrorCode = keyof typeof configErrors
