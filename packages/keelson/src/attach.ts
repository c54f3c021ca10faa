import type { IncomingMessage, Server } from 'node:http'
import { RouteEndings } from '@keelson/fastify/route-endings'
import { createAdmission } from './admission-keys.ts'
import { createAttachDoor } from './attach-door.ts'
import type { ServiceDefinition } from './definition.ts'
import { createAddResource } from './resources.ts'
import { openHouse } from './house.ts'
import type { RuntimeOptions } from './runtime.ts'
import type { Service, ServiceDependencies } from './service.ts'
import { type RouteOf, watchServer } from './watch-server.ts'

export { logger } from '@keelson/log'

/** How a server that exists already is taken in. */
export interface AttachOptions extends Omit<RuntimeOptions, 'fastify'> {
  /**
   * Gives the template of the route that answered a request, once it has ended: `/videos/:id`, never the path itself.
   *
   * @defaultValue what Express keeps of it; `undefined` elsewhere, which is counted as `unmatched`
   */
  readonly routeOf?: RouteOf
  /**
   * Which requests are never refused, whatever the load: probes of the server's own, event streams, long polls.
   *
   * @defaultValue none; the operations endpoints, which have a port of their own, are not asked
   */
  readonly isExempt?: (request: IncomingMessage) => boolean
}

/** A service around a server that is not keelson's. It starts when the server listens. */
export type AttachedService<Definition extends ServiceDefinition = ServiceDefinition> = Omit<
  Service<Definition>,
  'app' | 'start' | 'task'
> & {
  /** Port of the operations endpoints. */
  readonly opsPort: number
}

/**
 * Gives an existing server probes, metrics, request ids, access lines, request context, admission and a stop that loses
 * nothing, without loading Fastify. Call it before `server.listen`; the service is ready when the server listens.
 *
 * @throws what `createService` throws, and KEELSON_HTTP_ADDRESS_IN_USE for the operations port
 */
export async function attach<const Definition extends ServiceDefinition>(
  server: Server,
  definition: Definition,
  options: AttachOptions = {},
): Promise<AttachedService<Definition>> {
  const { routeOf, isExempt, ...runtimeOptions } = options
  const house = await openHouse(definition, runtimeOptions)
  const { log, metrics, health, lifecycle, work, stop } = house
  const opsPort = await house.startOps(false)
  watchServer(server, {
    drain: house.drain(server),
    metrics,
    log: log.current,
    trusted: house.config.current.http.trusted,
    tracer: house.tracer,
    endingsOf: (route) =>
      new RouteEndings(route, { log: log.current, metrics, admission: undefined, silent: false }),
    door: createAttachDoor(definition.name, createAdmission(house.config)),
    ...(routeOf === undefined ? {} : { routeOf }),
    ...(isExempt === undefined ? {} : { isExempt }),
  })
  if (house.config.current.admission.rateLimit.max !== null) {
    log.current.logger.warn(
      { key: 'admission.rateLimit.max' },
      'admission.rateLimit.max limits nobody here: a server that was attached has the rate limit of its own framework',
    )
  }
  await health.start()
  lifecycle.onClose('health', () => health.close())

  async function begin(): Promise<void> {
    await work.start()
    lifecycle.markStarted()
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    log.current.logger.info(
      { port, ops_port: opsPort },
      `ready on port ${port}, operations endpoints on port ${opsPort}`,
    )
  }
  // What a worker's start throws is nobody's to catch: it ends the process as any uncaught error does.
  if (server.listening) void begin()
  else server.once('listening', () => void begin())

  return {
    name: definition.name,
    version: house.version,
    opsPort: opsPort ?? 0,
    // Built from the very definition that these types are read from.
    config: house.config as unknown as Service<Definition>['config'],
    dependencies: house.dependencies.clients as ServiceDependencies<Definition>,
    log: log.current.logger,
    metrics,
    health,
    onClose: lifecycle.onClose,
    onClosing: house.onClosing,
    resource: createAddResource(house) as Service<Definition>['resource'],
    worker: work.worker,
    job: work.job,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop('the service was disposed of')
    },
  }
}
