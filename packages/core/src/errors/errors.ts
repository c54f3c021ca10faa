/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const coreErrors = {
  KEELSON_LIFECYCLE_OPTIONS_INVALID:
    'An option of the lifecycle is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_LIFECYCLE_STOP_TIMEOUT:
    'Work or a closer was still running when the grace period ended. Look at the log lines that name it; shorten it or raise `shutdown.grace`.',
  KEELSON_LIFECYCLE_STOPPING:
    'The service stops and takes no new work. Leave the message where it is; another replica will take it.',
  KEELSON_OPS_ACTION_INVALID:
    'The input of an action of the operations endpoints is wrong. Correct the field that the message names.',
  KEELSON_HEALTH_OPTIONS_INVALID:
    'An option of a health check is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_HEALTH_CHECK_TIMEOUT:
    'A health check did not answer within its time-out. The dependency that it asks is slow or unreachable.',
  KEELSON_HTTP_ADDRESS_IN_USE:
    'Another process listens on the address. Stop it, or choose another port with the variable that the message names.',
  KEELSON_HTTP_OPTIONS_INVALID:
    'A list of trusted networks holds something that is no network. Write `10.0.0.0/8`, an address, `loopback` or `private`.',
  KEELSON_DNS_OPTIONS_INVALID:
    'An option of a resolver is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_DNS_NOT_FOUND:
    'A name does not exist or has no address. Check its spelling, and that what it names was deployed.',
  KEELSON_DNS_UNAVAILABLE:
    'No name server answered, and no earlier answer is left. Look at the DNS of the cluster.',
} as const

/** Code of an error thrown by this package. */
export type CoreErrorCode = keyof typeof coreErrors
