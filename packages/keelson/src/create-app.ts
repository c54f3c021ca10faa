import { listenError } from '@keelson/core/http'
import { keelsonAppOptions } from '@keelson/fastify'
import type { Log } from '@keelson/log'
import Fastify, { type FastifyInstance } from 'fastify'
import type { AppOptions } from './runtime.ts'

/** Makes the app of a service, or takes the one that its user has made. */
export function createApp(
  own: AppOptions | FastifyInstance | undefined,
  log: Log,
  requestTimeoutMs: number,
): FastifyInstance {
  if (own !== undefined && isFastify(own)) return own
  return Fastify({
    ...keelsonAppOptions(log, own),
    ...(requestTimeoutMs > 0 ? { handlerTimeout: requestTimeoutMs } : {}),
  })
}

/**
 * Starts to listen.
 *
 * @returns the port in use
 * @throws KEELSON_HTTP_ADDRESS_IN_USE
 */
export async function listenApp(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw listenError(error, { host, port, portVariable: 'PORT', purpose: 'service' })
  }
  const bound = app.server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : port
}

function isFastify(value: AppOptions | FastifyInstance): value is FastifyInstance {
  return 'addHook' in value
}
