/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const clientErrors = {
  KEELSON_CLIENT_OPTIONS_INVALID:
    'An option of an HTTP client is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_CLIENT_REQUEST_INVALID:
    'The call cannot be written as an HTTP request: a path parameter, a header or the body is not usable. Correct what the message names.',
  KEELSON_CLIENT_TIMEOUT:
    'The dependency did not answer an attempt in time; `details.phase` says what it was waiting for. Look at the dependency, or raise `attemptTimeoutMs`.',
  KEELSON_CLIENT_CONNECT_FAILED:
    'No connection to the dependency could be made, so the request was never sent. Check its address, and whether it runs.',
  KEELSON_CLIENT_CONNECTION_RESET:
    'The connection broke before the answer was complete. The dependency ended, or something between closed it; the request may have been handled.',
  KEELSON_CLIENT_STATUS:
    'The dependency answered with another status than 2xx: `details.status`, with the beginning of the body in `details.body`. Handle the status, or repair the dependency.',
  KEELSON_CLIENT_RESPONSE_INVALID:
    'The body of the answer is not JSON although it says so, or does not fit the schema of the call. Compare what both sides expect.',
  KEELSON_CLIENT_RESPONSE_TOO_LARGE:
    'The body of the answer is larger than `maxResponseBytes`. Ask for less at a time, or raise the limit.',
  KEELSON_CLIENT_CANCELLED:
    'The caller is gone or the signal of the call was aborted, so the call was ended. Nothing needs to be done.',
  KEELSON_CLIENT_CLOSED:
    'A call was made after the client had been closed. Stop the work that calls before the client is closed.',
} as const

/** Code of an error thrown by this package. */
export type ClientErrorCode = keyof typeof clientErrors
