import type { RequestContext } from '@keelson/core/context'
import type { StandardSchema } from '@keelson/core/standard-schema'
import type { BodyCallOptions, HttpMethod } from './call-types.ts'
import type { AnswerSink } from './answer-sink.ts'
import type { WireCall } from './fetch-call.ts'
import { expandPath, type PathValue } from './path-template.ts'
import { appendQuery } from './query.ts'
import { encodeBody } from './request-body.ts'
import type { Exchange, WireAnswer, WireRequest } from './transport.ts'

/** Options of a call as they are at run time; the types of the methods see to it that they fit. */
export type LooseOptions = BodyCallOptions<StandardSchema | undefined, unknown> & {
  readonly params?: Readonly<Record<string, PathValue>>
}

/** A call, ready to be sent any number of times. */
export interface PreparedCall {
  readonly method: HttpMethod
  readonly template: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: WireRequest['body']
  readonly idempotent: boolean
  /** What makes another call the same, where calls under way are shared. */
  readonly shareKey: string | undefined
  /** Group of operations whose breaker it is made under. */
  readonly group: string | undefined
  readonly response: StandardSchema | undefined
  /** Whether the body is left as it came. */
  readonly raw: boolean
  /** Takes the answer while it comes, where it is not read to its end first. */
  readonly sink: AnswerSink | undefined
  readonly context: RequestContext | undefined
  /** Endpoints that it was at. */
  readonly tried: string[]
  /** The last one begun; says what it was waiting for. */
  exchange: Exchange | undefined
  /** What was answered last, as it came over the wire. */
  answer: WireAnswer | undefined
}

/** What a client adds to each of its calls. */
export interface CallDefaults {
  /** Path of the target, without a slash at its end. */
  readonly basePath: string
  readonly context: RequestContext | undefined
  /** Whether identical reads under way are shared. */
  readonly deduplicate: boolean
  readonly group: string | undefined
}

/**
 * Writes a call as a request.
 *
 * @throws KEELSON_CLIENT_REQUEST_INVALID
 */
export function prepareCall(
  method: HttpMethod,
  template: string,
  options: LooseOptions,
  defaults: CallDefaults,
): PreparedCall {
  const path = defaults.basePath + appendQuery(expandPath(template, options.params), options.query)
  const { bytes, contentType } = encodeBody(options.body)
  const headers: Record<string, string> = {}
  if (contentType !== undefined) headers['content-type'] = contentType
  if (options.response !== undefined) headers['accept'] = 'application/json'
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value
  const shared = (options.deduplicate ?? defaults.deduplicate) && isRead(method) && bytes === undefined
  return {
    method,
    template,
    path,
    headers,
    body: bytes,
    idempotent: options.idempotent ?? isRepeatable(method, headers),
    shareKey: shared ? shareKeyOf(method, path, headers) : undefined,
    group: defaults.group,
    response: options.response,
    raw: false,
    sink: undefined,
    context: defaults.context,
    tried: [],
    exchange: undefined,
    answer: undefined,
  }
}

/** Makes a call of a request that is written already; whoever sends it wants the answer as it comes, or came. */
export function prepareWireCall(
  wire: Omit<WireCall, 'signal'>,
  context: RequestContext | undefined,
  sink: AnswerSink | undefined,
): PreparedCall {
  return {
    ...wire,
    idempotent: isRepeatable(wire.method, wire.headers),
    shareKey: undefined,
    group: undefined,
    response: undefined,
    raw: true,
    sink,
    context,
    tried: [],
    exchange: undefined,
    answer: undefined,
  }
}

const safeMethods: ReadonlySet<HttpMethod> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Whether a call may be made again by what HTTP says of its method, or by its key. */
export function isRepeatable(method: HttpMethod, headers: Readonly<Record<string, string>>): boolean {
  return safeMethods.has(method) || headers['idempotency-key'] !== undefined
}

/** Whether a method only reads, so that a second request does no harm while the first is under way. */
export function isRead(method: HttpMethod): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Everything that the answer may depend on: who asks (`authorization`, `cookie`) is in the headers. */
function shareKeyOf(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([method, path, sorted])
}
