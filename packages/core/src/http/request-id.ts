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
