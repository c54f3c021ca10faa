export type {
  Answer,
  BodyCall,
  BodyCallOptions,
  Call,
  CallArguments,
  CallOptions,
  CommonCallOptions,
  HttpMethod,
  RequestCall,
  ResponseBody,
} from './call-types.ts'
export {
  checkClientPolicy,
  type HttpClientOptions,
  type HttpClientPolicy,
  httpClientDefaults,
} from './client-options.ts'
export { createHttpClient } from './client.ts'
export type { ClientFallback, FailedCall, HttpClient, HttpClientState } from './client-types.ts'
export type {
  ClientDispatcher,
  DispatchControl,
  DispatcherOptions,
  DispatchHandler,
  DispatchRequest,
} from './dispatcher-types.ts'
export { clientErrors, type ClientErrorCode } from './errors.ts'
export type { ClientFetch } from './fetch-call.ts'
export type { NoOperations, Operation, OperationCall, OperationOptions, Operations } from './operations.ts'
export { expandPath, type PathOptions, type PathParameterName, type PathValue } from './path-template.ts'
export type { QueryValue } from './query.ts'
export type { AnswerHeaders, TransportStats } from './transport.ts'
