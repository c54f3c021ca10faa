import { KeelsonError } from '@keelson/core/errors'

/** The error of a call to a client that is closed. */
export function closedError(dependency: string, cause?: unknown): KeelsonError {
  return new KeelsonError(
    'KEELSON_CLIENT_CLOSED',
    `${dependency} was called after its client had been closed. Stop what calls it before that.`,
    { cause, statusCode: 503, details: { dependency } },
  )
}
