import type { ResourceTuning } from './resource-tuning.ts'

/** What `connect` is handed. */
export interface ConnectContext {
  /** Aborted when it takes too long or the service stops. */
  readonly signal: AbortSignal
  /**
   * To be called when the client has lost its connection and does not make a new one by itself: it is closed then, and
   * another is connected. Pools and clients that heal themselves (pg's pool, ioredis) do without.
   */
  readonly lost: (error?: unknown) => void
}

/** What is done with a pool or client of something that speaks no HTTP. */
export interface ResourceFunctions<Client> {
  /** Makes a client that is connected; throwing means that it is not, and is tried again after a pause. */
  readonly connect: (context: ConnectContext) => Promise<Client> | Client
  /** Looks whether it works; throwing means that it does not. @defaultValue the connection is all that is known */
  readonly check?: (client: Client, signal: AbortSignal) => Promise<unknown>
  /** Gives a client back. */
  readonly close: (client: Client) => unknown
  /**
   * Whether an error of an operation says that the resource is out of order, rather than that it was asked something wrong (a
   * duplicate key, a syntax error). Only the former count in the breaker and are tried again; they reach the caller as the cause of
   * KEELSON_RESOURCE_FAILED, which is answered with 503, where the latter reach it as they are.
   *
   * @defaultValue every error counts, and reaches the caller as it is
   */
  readonly isOutage?: (error: unknown) => boolean
}

/** A pool or client of something that speaks no HTTP. */
export interface ResourceDefinition<Client> extends ResourceFunctions<Client>, ResourceTuning {}
