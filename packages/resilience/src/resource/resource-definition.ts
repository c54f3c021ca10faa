import type { Policy, Profile } from '../profiles.ts'

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

/** A pool or client of something that speaks no HTTP. */
export interface ResourceDefinition<Client> {
  /** Makes a client that is connected; throwing means that it is not, and is tried again after a pause. */
  readonly connect: (context: ConnectContext) => Promise<Client> | Client
  /** Looks whether it works; throwing means that it does not. @defaultValue the connection is all that is known */
  readonly check?: (client: Client, signal: AbortSignal) => Promise<unknown>
  /** Gives a client back. */
  readonly close: (client: Client) => unknown
  /**
   * Whether an error of an operation says that the resource is out of order, rather than that it was asked something wrong (a
   * duplicate key, a syntax error). Only the former count in the breaker and are tried again.
   *
   * @defaultValue every error does
   */
  readonly isOutage?: (error: unknown) => boolean
  /**
   * Whether readiness falls with its check. A resource that all replicas share takes all of them out of service at once.
   *
   * @defaultValue false
   */
  readonly critical?: boolean
  /** How operations are bounded and protected; see `createPipeline`. @defaultValue that of the profile `internal` */
  readonly policy?: Policy & { readonly profile?: Profile }
  /**
   * Time for one attempt to connect, in milliseconds.
   *
   * @range 10 to 600,000
   * @defaultValue 10,000
   */
  readonly connectTimeoutMs?: number
  /**
   * First pause between attempts to connect, in milliseconds; doubles each time, and half of each is random.
   *
   * @range 1 to 60,000
   * @defaultValue 100
   */
  readonly connectBackoffMs?: number
  /**
   * Longest pause between attempts to connect, in milliseconds.
   *
   * @range 1 to 600,000
   * @defaultValue 5,000
   */
  readonly maxConnectBackoffMs?: number
  /**
   * Time between two checks, in milliseconds.
   *
   * @range 100 to 3,600,000
   * @defaultValue 5,000
   */
  readonly checkIntervalMs?: number
  /**
   * Time that one check may take, in milliseconds.
   *
   * @range 10 to 60,000
   * @defaultValue 2,000
   */
  readonly checkTimeoutMs?: number
}

/** Defaults of {@link ResourceDefinition}. */
export const resourceDefaults: {
  readonly connectTimeoutMs: number
  readonly connectBackoffMs: number
  readonly maxConnectBackoffMs: number
  readonly checkIntervalMs: number
  readonly checkTimeoutMs: number
} = Object.freeze({
  connectTimeoutMs: 10_000,
  connectBackoffMs: 100,
  maxConnectBackoffMs: 5_000,
  checkIntervalMs: 5_000,
  checkTimeoutMs: 2_000,
})
