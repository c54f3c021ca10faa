import type { KeelsonError } from '@keelson/core/errors'
import type { EndpointState, ForceOptions, PipelineState } from '@keelson/resilience'
import type { BodyCall, Call, HttpMethod, RequestCall } from './call-types.ts'
import type { HttpClientPolicy } from './client-options.ts'
import type { ClientDispatcher, DispatcherOptions } from './dispatcher-types.ts'
import type { ClientFetch } from './fetch-call.ts'
import type { NoOperations, OperationCall, Operations } from './operations.ts'
import type { TransportStats } from './transport.ts'

/** Gives the body of any failed call of a client. */
export type ClientFallback = (error: KeelsonError, call: FailedCall) => unknown

/** The call that a client's fallback stands in for. */
export interface FailedCall {
  readonly method: HttpMethod
  /** As the caller wrote it, parameters not filled in. */
  readonly path: string
}

/** What a client is doing. */
export interface HttpClientState extends PipelineState {
  readonly target: string
  /** All 0 before the first call. */
  readonly connections: TransportStats
  /** Empty before the first call. Where the name has one address, groups of connections to it. */
  readonly endpoints: readonly EndpointState[]
}

/**
 * Calls one dependency over HTTP. Every method rejects with a KeelsonError: KEELSON_CLIENT_* for what happened to the
 * exchange, KEELSON_RESILIENCE_* when a policy refused the call or its time was over.
 */
export interface HttpClient<Declared extends Operations = NoOperations> {
  /** Calls an operation by the name that it was declared under. */
  readonly call: OperationCall<Declared>
  readonly get: Call
  readonly head: Call
  readonly delete: BodyCall
  readonly post: BodyCall
  readonly put: BodyCall
  readonly patch: BodyCall
  readonly request: RequestCall
  /** Calls in the form of the global `fetch`, for libraries that take one; bound to its client. */
  readonly fetch: ClientFetch
  /**
   * Makes a dispatcher in the form of undici's, for libraries that take one: `fetch(url, { dispatcher: client.dispatcher() })`. All layers
   * are around its requests, except fallback, hedging and sharing; an answer is handed on while it comes.
   *
   * @throws KEELSON_CLIENT_OPTIONS_INVALID
   */
  dispatcher(options?: DispatcherOptions): ClientDispatcher
  /**
   * Takes another policy from now on, as a whole. Breakers, budgets, ejections and calls under way stay as they are; connections
   * are replaced, each after what it carries, when one of their own numbers has changed.
   *
   * @param policy what is left out follows from the profile
   * @throws KEELSON_CLIENT_OPTIONS_INVALID, KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  update(policy: HttpClientPolicy): void
  state(): HttpClientState
  /**
   * Refuses every call, or has its fallback answer, until {@link release} or for `forMs`.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  isolate(options?: ForceOptions): Promise<void>
  /**
   * Keeps the breaker closed, whatever fails, until {@link release} or for `forMs`. The other layers go on.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, and nothing has changed
   */
  holdClosed(options?: ForceOptions): Promise<void>
  /** Lets the breaker decide again. */
  release(): Promise<void>
  /** Refuses further calls, waits for those in flight and closes the connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
