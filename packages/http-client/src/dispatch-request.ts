import { KeelsonError } from '@keelson/core/errors'
import type { DispatchRequest } from './dispatcher-types.ts'
import { type WireCall, wireMethods } from './fetch-call.ts'
import { appendQuery, type QueryValue } from './query.ts'
import type { WireRequest } from './transport.ts'

/** Whom a dispatcher calls. */
export interface DispatchTarget {
  readonly dependency: string
  readonly target: URL
}

/**
 * Reads a request that is given to a dispatcher.
 *
 * @throws KEELSON_CLIENT_REQUEST_INVALID
 */
export function readDispatch(request: DispatchRequest, to: DispatchTarget, signal: AbortSignal): WireCall {
  const { origin, path, method, body, query, upgrade } = request
  const { dependency, target } = to
  if (origin !== undefined && originOf(origin) !== target.origin) {
    throw refusal(
      dependency,
      `a request to ${originOf(origin) ?? 'no origin'}, and its target is ${target.origin}`,
    )
  }
  const known = wireMethods.find((each) => each === method)
  if (known === undefined) throw refusal(dependency, `the method ${method}`)
  if (upgrade !== undefined && upgrade !== null && upgrade !== false) {
    throw refusal(dependency, 'an upgrade to another protocol')
  }
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw refusal(dependency, 'a path that does not begin with /')
  const headers = readHeaders(request.headers, dependency)
  if (headers['trailer'] !== undefined) throw refusal(dependency, 'a request with trailers')
  // `appendQuery` writes what it is given as text, as undici does.
  const fullPath = appendQuery(path, (query ?? undefined) as Record<string, QueryValue> | undefined)
  const [template = path] = path.split('?', 1)
  return { method: known, template, path: fullPath, headers, body: readBody(body, dependency), signal }
}

/** The error of a request that a dispatcher does not take. */
export function refusal(dependency: string, problem: string, cause?: unknown): KeelsonError {
  return new KeelsonError(
    'KEELSON_CLIENT_REQUEST_INVALID',
    `The dispatcher of ${dependency} was given ${problem}. It takes requests with an answer (${wireMethods.join(', ')}) to the target of its client.`,
    { cause, details: { dependency } },
  )
}

function originOf(origin: string | URL): string | undefined {
  return URL.canParse(String(origin)) ? new URL(String(origin)).origin : undefined
}

function readBody(body: unknown, dependency: string): WireRequest['body'] {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (typeof body === 'object') return { source: body }
  throw refusal(dependency, `a body of type ${typeof body}`)
}

function readHeaders(headers: unknown, dependency: string): Record<string, string> {
  const read: Record<string, string> = {}
  for (const [name, value] of headerPairs(headers, dependency)) {
    if (value === undefined || value === null) continue
    const key = String(name).toLowerCase()
    const separator = key === 'cookie' ? '; ' : ', '
    const text = [value].flat().map(String).join(separator)
    read[key] = read[key] === undefined ? text : read[key] + separator + text
  }
  return read
}

function headerPairs(headers: unknown, dependency: string): Iterable<readonly [unknown, unknown]> {
  if (headers === undefined || headers === null) return []
  if (typeof headers !== 'object') throw refusal(dependency, 'headers of an unknown form')
  if (Array.isArray(headers) && !headers.every(Array.isArray)) {
    if (headers.length % 2 !== 0) throw refusal(dependency, 'a list of headers that ends with a name')
    const flat: readonly unknown[] = headers
    return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]])
  }
  if (!(Symbol.iterator in headers)) return Object.entries(headers)
  const pairs = [...(headers as Iterable<unknown>)] // asked for just now
  return pairs.map((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw refusal(dependency, 'headers of an unknown form')
    return [pair[0], pair[1]]
  })
}
