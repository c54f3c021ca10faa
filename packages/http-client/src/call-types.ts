import type { KeelsonError } from '@keelson/core/errors'
import type { StandardOutput, StandardSchema } from '@keelson/core/standard-schema'
import type { PathOptions, PathParameterName } from './path-template.ts'
import type { QueryValue } from './query.ts'
import type { AnswerHeaders } from './transport.ts'

/** Methods that a call can have. */
export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** What every call may bring along. */
export interface CommonCallOptions<Fallback = never> {
  /** Query parameters; `undefined` leaves one out, a list repeats it. */
  readonly query?: Readonly<Record<string, QueryValue>>
  /** Headers of this call. They win over those that the client sets, propagation included. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the call, down to the socket. The signal of the request being handled ends it too. */
  readonly signal?: AbortSignal
  /** Time for this whole call in milliseconds, in place of the policy's. */
  readonly timeoutMs?: number
  /**
   * Gives the body in place of a call that failed or was refused, for a 404 as for a time-out: throw `error` again for what
   * it must not hide. Not asked when the call was cancelled.
   */
  readonly fallback?: (error: KeelsonError) => Fallback | Promise<Fallback>
  /**
   * Whether the call may be made again although it may have arrived.
   *
   * @defaultValue true for GET, HEAD, OPTIONS, PUT and DELETE, and with a header `idempotency-key`; else false
   */
  readonly idempotent?: boolean
  /**
   * Whether a GET or HEAD waits for an identical one (method, address, headers of the call) that is under way, in place of being
   * sent. The request that is sent carries the id of the call that came first.
   *
   * @defaultValue that of the client
   */
  readonly deduplicate?: boolean
}

/** What a call brings along, beside its path parameters. */
export interface CallOptions<Schema extends StandardSchema | undefined = undefined, Fallback = never>
  extends CommonCallOptions<Fallback> {
  /** Validates the body of the answer and gives the call its type. */
  readonly response?: Schema
}

/** {@link CallOptions} of a method that sends a body. */
export interface BodyCallOptions<Schema extends StandardSchema | undefined = undefined, Fallback = never>
  extends CallOptions<Schema, Fallback> {
  /** Text and bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown
}

/** Type of the body of a call: what its schema lets through, else unknown. */
export type ResponseBody<Schema> = Schema extends StandardSchema ? StandardOutput<Schema> : unknown

/** The options of a call behind its path: they may be left out unless the path has parameters. */
export type CallArguments<Path extends string, Options> = string extends Path
  ? [options?: Options & PathOptions<Path>]
  : [PathParameterName<Path>] extends [never]
    ? [options?: Options & PathOptions<Path>]
    : [options: Options & PathOptions<Path>]

/** An answer with its status and headers. */
export interface Answer<Body> {
  /** 200–299; 0 when a fallback gave the body. */
  readonly status: number
  /** Names in lower case; empty when a fallback gave the body. */
  readonly headers: AnswerHeaders
  readonly body: Body
}

/** A call without a body that gives the body of the answer. */
export type Call = <
  const Path extends string,
  Schema extends StandardSchema | undefined = undefined,
  Fallback = never,
>(
  path: Path,
  ...options: CallArguments<Path, CallOptions<Schema, Fallback>>
) => Promise<ResponseBody<Schema> | Fallback>

/** A call with a body that gives the body of the answer. */
export type BodyCall = <
  const Path extends string,
  Schema extends StandardSchema | undefined = undefined,
  Fallback = never,
>(
  path: Path,
  ...options: CallArguments<Path, BodyCallOptions<Schema, Fallback>>
) => Promise<ResponseBody<Schema> | Fallback>

/** A call of any method that gives status, headers and body. */
export type RequestCall = <
  const Path extends string,
  Schema extends StandardSchema | undefined = undefined,
  Fallback = never,
>(
  method: HttpMethod,
  path: Path,
  ...options: CallArguments<Path, BodyCallOptions<Schema, Fallback>>
) => Promise<Answer<ResponseBody<Schema> | Fallback>>
