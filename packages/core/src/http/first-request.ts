import type { IncomingMessage } from 'node:http'

const askedFor = Symbol('keelson.asked-for')

/**
 * Whether a request is the first of its connection for which this is asked. Over HTTP/2 none is: its requests share few
 * connections; nor is one that came over no connection, by Fastify's `inject`.
 */
export function isFirstRequest(request: IncomingMessage): boolean {
  if (request.httpVersionMajor > 1) return false
  // The mark is ours alone, and what stands for a socket where there is none has no end.
  const socket = request.socket as { writableEnded?: boolean; [askedFor]?: boolean }
  if (socket[askedFor] === true || socket.writableEnded !== false) return false
  socket[askedFor] = true
  return true
}
