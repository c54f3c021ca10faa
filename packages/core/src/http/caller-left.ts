import type { ServerResponse } from 'node:http'

/**
 * Whether the caller of a request is known to have left. An end that Node has closed is one on which no answer goes out,
 * some turns of the event loop before the rest of the connection is gone.
 */
export function hasCallerLeft(response: ServerResponse): boolean {
  return response.destroyed || response.req.socket.writableEnded
}
