/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const resilienceErrors = {
  KEELSON_ADMISSION_OPTIONS_INVALID:
    'An option of the admission is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_RESILIENCE_OPTIONS_INVALID:
    'An option of a policy is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_RESILIENCE_CIRCUIT_OPEN:
    'The circuit breaker of the dependency is open, so the call was refused at once. Repair the dependency; give the call a fallback.',
  KEELSON_RESILIENCE_BULKHEAD_FULL:
    'Too many calls to the dependency are in flight already. Find out why it is slow, or raise `bulkhead.maxConcurrent`.',
  KEELSON_RESILIENCE_TIMEOUT:
    'One attempt took longer than `attemptTimeoutMs`. The dependency is slow or unreachable, or, with `details.localStall`, this process was blocked itself.',
  KEELSON_RESILIENCE_DEADLINE_EXCEEDED:
    'The time for the whole call ran out: the deadline of the caller, or `timeoutMs`. Look for what used it up.',
  KEELSON_RESILIENCE_CANCELLED:
    'The caller is gone or the signal of the call was aborted, so the call was ended. Nothing needs to be done.',
  KEELSON_RESOURCE_UNAVAILABLE:
    'A resource has no connection: it was never made, or it was lost, or the resource is closed. Repair the resource; the service connects again by itself.',
  KEELSON_RESOURCE_FAILED:
    'An operation failed because the resource is out of order, as its isOutage says of the error that is the cause. Repair the resource; nothing else needs to be done.',
  KEELSON_RESOURCE_CLOSE_TIMEOUT:
    'Closing a client took longer than closeTimeoutMs, so that it was left behind. Look what its close waits for.',
  KEELSON_RESILIENCE_CLOSED:
    'A call was made after the pipeline had been closed. Stop the work that calls before the pipeline is closed.',
} as const

/** Code of an error thrown by this package. */
export type ResilienceErrorCode = keyof typeof resilienceErrors
