import { listenError } from '@keelson/core/http'
import { keelsonAppOptions } from '@keelson/fastify'
import type { Log } from '@keelson/log'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
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

/** Where an app listens. */
export interface ListeningApp {
  readonly port: number
  /** URL of each address, `http://10.0.0.7:8080`: of every interface where the host is 0.0.0.0. */
  readonly addresses: readonly string[]
}

/**
 * Starts to listen. Fastify's own line for each address is left out where it would be a line of `log`: that it is ready is told once, with
 * all addresses.
 *
 * @throws KEELSON_HTTP_ADDRESS_IN_USE
 */
export async function listenApp(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  log: Log,
): Promise<ListeningApp> {
  const addresses: string[] = []
  const own = app.log
  const quiet = withoutAddresses(own, addresses)
  if (own === log.logger) app.log = quiet
  try {
    await app.listen({
      host,
      port,
      listenTextResolver(address) {
        addresses.push(address)
        return listeningText + address
      },
    })
  } catch (error) {
    throw listenError(error, { host, port, portVariable: 'PORT', purpose: 'service' })
  } finally {
    if (app.log === quiet) app.log = own
  }
  const bound = app.server.address()
  return { port: typeof bound === 'object' && bound !== null ? bound.port : port, addresses }
}

/** Fastify's own words, for an app with a logger of its user. */
const listeningText = 'Server listening at '

/** The same logger but for what Fastify says of its addresses: others write while it starts to listen, too. */
function withoutAddresses(log: FastifyBaseLogger, addresses: readonly string[]): FastifyBaseLogger {
  const info = (...args: Parameters<FastifyBaseLogger['info']>): void => {
    const [first]: readonly unknown[] = args
    if (!addresses.some((address) => first === listeningText + address)) log.info(...args)
  }
  // Everything but `info` is the logger's own.
  return Object.create(log, { info: { value: info, writable: true } }) as FastifyBaseLogger
}

function isFastify(value: AppOptions | FastifyInstance): value is FastifyInstance {
  return 'addHook' in value
}
