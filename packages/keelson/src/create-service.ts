import { installKeelson, installRateLimit } from '@keelson/fastify'
import { createAdmission, rateLimitOf } from './admission-keys.ts'
import { createBoot } from './boot.ts'
import { createApp } from './create-app.ts'
import type { ServiceDefinition } from './definition.ts'
import { openHouse } from './house.ts'
import { mountOps } from './mount-ops.ts'
import { createAddResource } from './resources.ts'
import type { RuntimeOptions } from './runtime.ts'
import type { Service, ServiceDependencies } from './service.ts'

/**
 * Runs a definition: log → metrics → configuration → dependencies → server, in this order, nothing listening yet.
 *
 * With `signals` (the default) an error that nobody catches ends the process with one line and the exit code of
 * DESIGN §3.6; otherwise failures only reject.
 *
 * @throws KEELSON_SERVICE_DEFINITION_INVALID, KEELSON_CONFIG_INVALID, KEELSON_CONFIG_SOURCE_UNAVAILABLE and what the parts throw for bad options
 */
export async function createService<const Definition extends ServiceDefinition>(
  definition: Definition,
  options: RuntimeOptions = {},
): Promise<Service<Definition>> {
  const house = await openHouse(definition, options)
  const { version, log, metrics, health, lifecycle, work, opsOptions, stop } = house
  const { http, ops, request } = house.config.current
  const servesRequests = definition.http !== false

  const app = createApp(options.fastify, log.current, request.timeout)
  installKeelson(app, {
    service: definition.name,
    log: log.current,
    metrics,
    drain: house.drain(app.server),
    trusted: http.trusted,
    ...(house.tracer === undefined ? {} : { tracer: house.tracer }),
    context: request.context,
    admission: createAdmission(house.config),
  })
  const rateLimit = rateLimitOf(house.config.current.admission.rateLimit)
  if (rateLimit !== undefined) {
    await installRateLimit(app, { ...rateLimit, service: definition.name, trusted: http.trusted })
  }
  const isShared = servesRequests && ops.port === http.port && http.port !== 0
  if (isShared) mountOps(app, opsOptions)

  const service: Service<Definition> = {
    name: definition.name,
    version,
    app,
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
    task: work.task,
    start: createBoot(house, app, { http: servesRequests ? http : undefined, isShared }),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop('the service was disposed of')
    },
  }
  app.decorate('keelson', service as unknown as Service) // the app does not know the definition's own types
  return service
}
