import { KeelsonError } from '@keelson/core/errors'
import { createHealth } from '@keelson/core/health'
import { createServerDrain, listenError } from '@keelson/core/http'
import {
  createLifecycle,
  exitCodes,
  joinProcess,
  type Lifecycle,
  type StopReport,
  type StopRequest,
} from '@keelson/core/lifecycle'
import type { OpsOptions, OpsServer } from '@keelson/core/ops'
import { installKeelson, keelsonAppOptions } from '@keelson/fastify'
import { createMetrics } from '@keelson/metrics'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { checkDefinition } from './check-definition.ts'
import type { ServiceDefinition } from './definition.ts'
import { createDependencies } from './dependencies.ts'
import { loadConfig } from './load-config.ts'
import { mountOps, startOps } from './mount-ops.ts'
import { packageVersion, resolveRuntime, type RuntimeOptions } from './runtime.ts'
import { createServiceLog, type ServiceLog } from './service-log.ts'
import type { Service, ServiceAddresses, ServiceDependencies } from './service.ts'

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

  const app = createApp(options.fastify, log, settings.request.timeout)
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
  const place = {
    host: settings.ops.host || settings.http.host,
    port: settings.ops.port,
    shared: settings.ops.port === settings.http.port && settings.http.port !== 0,
    thread: settings.ops.thread,
    service: definition.name,
    stallLimitMs: settings.ops.stallLimit,
    ...(settings.log.format === 'gelf' ? { lineFields: log.identity } : {}),
  }
  if (place.shared) mountOps(app, opsOptions)

  let addresses: ServiceAddresses | undefined
  let ops: OpsServer | undefined
  // Registered before what the service adds itself: probes are answered until nearly the end.
  lifecycle.onClose('operations endpoints', () => ops?.close())
  const life = lifecycle
  async function start(): Promise<ServiceAddresses> {
    if (addresses !== undefined || life.phase !== 'starting') {
      throw new KeelsonError(
        'KEELSON_SERVICE_STATE_INVALID',
        `The service ${definition.name} cannot be started: it is ${life.phase}.`,
      )
    }
    ops = await startOps(place, opsOptions, (message) => log.current.logger.warn(message))
    let isBooted = false
    life.onClose('app', () => {
      const closed = app.close()
      if (isBooted) return closed
      // Fastify closes after its plugins have loaded; a stop does not wait for them, since nothing was accepted yet.
      closed.catch(() => undefined)
      return undefined
    })
    await app.ready()
    isBooted = true
    if (life.phase !== 'starting') return abandonStart()
    const port = await listenApp(app, settings.http)
    addresses = { port, opsPort: ops?.port ?? port }
    await health.start()
    life.onClose('health', () => health.close())
    if (life.phase !== 'starting') return abandonStart()
    life.markStarted()
    log.current.logger.info(
      { port: addresses.port, ops_port: addresses.opsPort },
      `ready on port ${addresses.port}, operations endpoints on port ${addresses.opsPort}`,
    )
    return addresses
  }
  function abandonStart(): Promise<never> {
    // The process ends in a moment, with its own exit code; a rejection would be an uncaught error on the way.
    if (endsWithProcess) return new Promise(() => {})
    return Promise.reject(
      new KeelsonError(
        'KEELSON_SERVICE_STATE_INVALID',
        `The service ${definition.name} was stopped before it had started.`,
      ),
    )
  }
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
    start,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop('the service was disposed of')
    },
  }
  app.decorate('keelson', service as unknown as Service) // the app does not know the definition's own types
  return service
}

/** How long the handlers of the process outlive a failed creation, in milliseconds: an uncaught error reaches them at once. */
const LAST_WORDS_MS = 1_000

/** @param beginStop called when the process ends; gives what there is to stop */
function enterProcess(service: string, log: ServiceLog, beginStop: () => Lifecycle | undefined): () => void {
  return joinProcess({
    service,
    // A signal before there is anything to stop: nothing was accepted, nothing is lost.
    stop: (request) => endService(beginStop(), log, request),
    fatal: (error) => log.fatal(error),
    flush: () => log.flush(),
  })
}

/** The log is closed last of all, after it has said what the stop did. */
async function endService(
  lifecycle: Lifecycle | undefined,
  log: ServiceLog,
  request: StopRequest,
): Promise<StopReport> {
  const report = await (lifecycle?.stop(request) ?? nothingToStop(request))
  log.report(report)
  await log.close()
  return report
}

function nothingToStop({ reason, exitCode = exitCodes.clean }: StopRequest): StopReport {
  return { reason, exitCode, durationMs: 0, cut: [], failures: [] }
}

function createApp(
  own: RuntimeOptions['fastify'],
  log: ServiceLog,
  requestTimeoutMs: number,
): FastifyInstance {
  if (own !== undefined && isFastify(own)) return own
  return Fastify({
    ...keelsonAppOptions(log.current, own),
    ...(requestTimeoutMs > 0 ? { handlerTimeout: requestTimeoutMs } : {}),
  })
}

function isFastify(value: FastifyServerOptions | FastifyInstance): value is FastifyInstance {
  return 'addHook' in value
}

async function listenApp(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw listenError(error, { host, port, portVariable: 'PORT', purpose: 'service' })
  }
  const bound = app.server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : port
}
