import { randomUUID } from 'node:crypto'

/** What an `x-request-id` may look like: fits UUID, ULID, nginx's 32 digits and AWS trace ids; needs no escaping anywhere. */
export const requestIdPattern: RegExp = /^[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,127}$/

/**
 * The id of an inbound request: the caller's when it is acceptable, else a new UUID.
 *
 * A hostile value (line breaks, quotes, too long) and a doubled header (Node joins both with a comma) fail the
 * pattern and are replaced; what was sent is never shown anywhere.
 *
 * @param header value of `x-request-id`
 */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && requestIdPattern.test(header) ? header : randomUUID()
}

/** Longest id that {@link requestIdPattern} takes, in characters. */
const maxIdLength = 128

/**
 * Why the caller's id was replaced: several, each acceptable by itself (Node joins doubled headers with a comma, RFC 9110 §5.3), none
 * or too many characters, or one that an id may not have.
 */
export type RequestIdRejection = 'multiple' | 'length' | 'charset'

/**
 * Why the id of a request is not the one that its caller sent; `undefined` when it is, or when none was sent.
 *
 * @param header value of `x-request-id`
 * @param requestId what {@link requestIdOf} made of it
 */
export function requestIdRejection(
  header: string | readonly string[] | undefined,
  requestId: string,
): RequestIdRejection | undefined {
  if (header === undefined || header === requestId) return undefined
  const text = typeof header === 'string' ? header : header.join(',')
  const parts = text.split(',')
  if (parts.length > 1 && parts.every((part) => requestIdPattern.test(part.trim()))) return 'multiple'
  return text === '' || text.length > maxIdLength ? 'length' : 'charset'
}
