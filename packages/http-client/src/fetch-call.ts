import { KeelsonError } from '@keelson/core/errors'
import type { HttpMethod } from './call-types.ts'
import type { WireAnswer, WireRequest } from './transport.ts'

/**
 * A call in the form of the global `fetch`, for libraries that take one. Any status is an answer, redirects are not followed, bodies
 * are read and sent whole. Rejects with a KeelsonError where `fetch` rejects with a TypeError.
 */
export type ClientFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What a `fetch` or a dispatcher asks for, in terms of the client. */
export interface WireCall {
  readonly method: HttpMethod
  /** Path without its query, for messages. */
  readonly template: string
  /** Path and query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  readonly body: WireRequest['body']
  readonly signal: AbortSignal
}

/** Methods that a client sends. */
export const wireMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const bodilessStatuses: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Reads the arguments of a `fetch`.
 *
 * @param target where the client calls; a relative address is taken from there, one of another origin refused
 * @throws KEELSON_CLIENT_REQUEST_INVALID
 */
export async function readFetch(
  input: string | URL | Request,
  init: RequestInit | undefined,
  target: URL,
  dependency: string,
): Promise<WireCall> {
  const request = toRequest(input, init, target, dependency)
  const { origin, pathname, search } = new URL(request.url)
  const method = wireMethods.find((known) => known === request.method)
  if (origin !== target.origin || method === undefined) {
    const problem = method === undefined ? `the method ${request.method}` : 'an address of another origin'
    throw refusal(dependency, problem)
  }
  const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
  return {
    method,
    template: pathname,
    path: pathname + search,
    headers: Object.fromEntries(request.headers),
    body: bytes,
    signal: request.signal,
  }
}

/** Makes the answer of a `fetch`. */
export function toResponse({ status, headers, bytes }: WireAnswer): Response {
  const list = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value ?? []].flat()) list.append(name, each)
  }
  const body = bodilessStatuses.has(status) || bytes.length === 0 ? null : new Uint8Array(bytes)
  return new Response(body, { status, headers: list })
}

function toRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  target: URL,
  dependency: string,
): Request {
  try {
    return new Request(input instanceof Request ? input : new URL(input, target), init)
  } catch (cause) {
    throw refusal(dependency, 'arguments that make no request', cause)
  }
}

function refusal(dependency: string, problem: string, cause?: unknown): KeelsonError {
  return new KeelsonError(
    'KEELSON_CLIENT_REQUEST_INVALID',
    `fetch to ${dependency} was given ${problem}. It takes what the global fetch takes, for the target of the client.`,
    { cause, details: { dependency } },
  )
}
