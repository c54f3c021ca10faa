export type {
  Answer,
  BodyCall,
  BodyCallOptions,
  Call,
  CallArguments,
  CallOptions,
  HttpMethod,
  RequestCall,
  ResponseBody,
} from './call-types.ts'
export { type HttpClientOptions, httpClientDefaults } from './client-options.ts'
export {
  createHttpClient,
  type ClientFallback,
  type FailedCall,
  type HttpClient,
  type HttpClientState,
} from './client.ts'
export { clientErrors, type ClientErrorCode } from './errors.ts'
export type { ClientFetch } from './fetch-call.ts'
export { expandPath, type PathOptions, type PathParameterName, type PathValue } from './path-template.ts'
export type { QueryValue } from './query.ts'
export type { AnswerHeaders, TransportStats } from './transport.ts'
