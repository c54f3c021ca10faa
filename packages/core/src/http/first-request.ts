import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

const askedFor = Symbol('keelson.asked-for')

/**
 * Whether a request is the first of its connection for which this is asked. Over HTTP/2 none is: its requests share few
 * connections; nor is one that came over no connection, by Fastify's `inject`.
 */
export function isFirstRequest(request: IncomingMessage): boolean {
  if (request.httpVersionMajor > 1) return false
  // The mark is ours alone.
  const socket = request.socket as Socket & { [askedFor]?: boolean }
  if (socket[askedFor] === true || socket.writableEnded !== false) return false
  socket[askedFor] = true
  return true
}
