import { createHealth } from '@keelson/core/health'
import { createServerDrain } from '@keelson/core/http'
import { createLifecycle, type Lifecycle, type StopReport } from '@keelson/core/lifecycle'
import type { OpsOptions } from '@keelson/core/ops'
import { installKeelson } from '@keelson/fastify'
import { createMetrics } from '@keelson/metrics'
import { createBoot } from './boot.ts'
import { checkDefinition } from './check-definition.ts'
import { createApp } from './create-app.ts'
import type { ServiceDefinition } from './definition.ts'
import { createDependencies } from './dependencies.ts'
import { loadConfig } from './load-config.ts'
import { mountOps, type OpsPlace } from './mount-ops.ts'
import { endService, enterProcess, LAST_WORDS_MS } from './process-entry.ts'
import { packageVersion, resolveRuntime, taskOf, type RuntimeOptions } from './runtime.ts'
import { createServiceLog } from './service-log.ts'
import type { Service, ServiceDependencies } from './service.ts'
import { createWorkRegistry } from './work.ts'

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
  checkDefinition(definition)
  const runtime = resolveRuntime(options)
  const version = definition.version ?? (await packageVersion(runtime.cwd))
  const log = createServiceLog(definition.name, version, runtime, options.logDestination)
  let lifecycle: Lifecycle | undefined
  let endsWithProcess = false
  const leaveProcess = runtime.signals
    ? enterProcess(definition.name, log, () => {
        endsWithProcess = true
        return lifecycle
      })
    : () => {}

  const metrics = createMetrics({
    service: definition.name,
    version,
    ...(runtime.env['GIT_COMMIT'] ? { commit: runtime.env['GIT_COMMIT'] } : {}),
  })
  const config = await loadConfig(definition, runtime).catch(async (error: unknown) => {
    await metrics.close()
    // The process's handlers must still be there when this error, uncaught, reaches them; then they have no more to do.
    setTimeout(leaveProcess, LAST_WORDS_MS).unref()
    throw error
  })
  log.configure(config)
  const settings = config.current

  const health = createHealth({ service: definition.name })
  lifecycle = createLifecycle({
    service: definition.name,
    health,
    drainDelayMs: settings.shutdown.drainDelay,
    gracePeriodMs: settings.shutdown.grace,
  })
  lifecycle.onClose('metrics', () => metrics.close())
  lifecycle.onClose('config', () => config.close())
  const dependencies = await createDependencies(definition, settings.dependencies)
  lifecycle.onClose('dependencies', () => dependencies.close())

  const servesRequests = definition.http !== false
  const app = createApp(options.fastify, log.current, settings.request.timeout)
  const drain = createServerDrain(app.server, {
    connectionMaxAgeMs: settings.http.connectionMaxAge,
    // Without a drain delay nobody was told to leave: waiting for idle connections would only cost time.
    ...(settings.shutdown.drainDelay === 0 ? { lingerMs: 0 } : {}),
  })
  lifecycle.serve(drain)
  installKeelson(app, {
    service: definition.name,
    log: log.current,
    metrics,
    drain,
    trusted: settings.http.trusted,
  })
  const startedAt = Date.now()
  const opsOptions: OpsOptions = {
    health,
    metrics: (accept) => metrics.render({ accept }),
    info: () => ({
      name: definition.name,
      version,
      commit: runtime.env['GIT_COMMIT'] ?? null,
      node: process.version,
      uptimeSeconds: Math.round((Date.now() - startedAt) / 1_000),
      warnings: config.warnings,
    }),
    ...((settings.ops.config ?? !runtime.production) ? { config: () => config.toRedacted() } : {}),
  }
  const place: OpsPlace = {
    host: settings.ops.host || settings.http.host,
    port: settings.ops.port,
    shared: servesRequests && settings.ops.port === settings.http.port && settings.http.port !== 0,
    thread: settings.ops.thread,
    service: definition.name,
    stallLimitMs: settings.ops.stallLimit,
    ...(settings.log.format === 'gelf' ? { lineFields: log.identity } : {}),
  }
  if (place.shared) mountOps(app, opsOptions)
  const life = lifecycle
  const work = createWorkRegistry({
    service: definition.name,
    lifecycle: life,
    health,
    onJobError: (name, error) => log.current.logger.error({ err: error }, `The job ${name} failed.`),
  })

  async function stop(reason = 'stop() was called'): Promise<StopReport> {
    const report = await endService(life, log, { reason })
    leaveProcess()
    return report
  }
  const service: Service<Definition> = {
    name: definition.name,
    version,
    app,
    // Built from the very definition that these types are read from.
    config: config as unknown as Service<Definition>['config'],
    dependencies: dependencies.clients as ServiceDependencies<Definition>,
    log: log.current.logger,
    metrics,
    health,
    onClose: life.onClose,
    worker: work.worker,
    job: work.job,
    task: work.task,
    start: createBoot({
      service: definition.name,
      lifecycle: life,
      health,
      log,
      app,
      http: servesRequests ? settings.http : undefined,
      ops: place,
      opsOptions,
      work,
      task: taskOf(runtime),
      endsWithProcess: () => endsWithProcess,
      stop,
    }),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop('the service was disposed of')
    },
  }
  app.decorate('keelson', service as unknown as Service) // the app does not know the definition's own types
  return service
}
