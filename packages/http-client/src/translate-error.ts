import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import { closedError } from './closed-error.ts'
import type { ExchangePhase } from './transport.ts'

/** The call that an error ended. */
export interface EndedCall {
  readonly dependency: string
  readonly method: string
  /** As written by the caller, parameters not filled in. */
  readonly path: string
  /** What the last attempt was waiting for. */
  readonly phase: ExchangePhase
}

/** Says in terms of HTTP what the pipeline says in terms of attempts. Errors that it did not make stay as they are. */
export function translateError(error: unknown, call: EndedCall): unknown {
  if (!isKeelsonError(error)) return error
  switch (error.code) {
    case 'KEELSON_RESILIENCE_TIMEOUT':
      return timeoutError(error, call)
    case 'KEELSON_RESILIENCE_CANCELLED':
      return cancelledError(error, call)
    case 'KEELSON_RESILIENCE_CLOSED':
      return closedError(call.dependency, error)
    default:
      return error
  }
}

const waitingFor: Readonly<Record<ExchangePhase, string>> = {
  connect: 'no connection was free or made',
  headers: 'it had the request, and no answer came',
  body: 'its answer was not complete',
}

function timeoutError(error: KeelsonError, { dependency, method, path, phase }: EndedCall): KeelsonError {
  const details = { ...error.details, phase }
  const message = `${dependency} did not answer ${method} ${path} in time: ${waitingFor[phase]}.`
  return new KeelsonError('KEELSON_CLIENT_TIMEOUT', message, {
    cause: error,
    statusCode: 504,
    retryable: true,
    details,
  })
}

function cancelledError(error: KeelsonError, { dependency, method, path }: EndedCall): KeelsonError {
  const message = `${method} ${path} to ${dependency} was cancelled by its caller.`
  return new KeelsonError('KEELSON_CLIENT_CANCELLED', message, {
    cause: error.cause,
    statusCode: 499,
    details: { dependency },
  })
}
