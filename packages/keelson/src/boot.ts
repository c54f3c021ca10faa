import { KeelsonError } from '@keelson/core/errors'
import type { Health } from '@keelson/core/health'
import type { Lifecycle } from '@keelson/core/lifecycle'
import type { OpsOptions, OpsServer } from '@keelson/core/ops'
import type { FastifyInstance } from 'fastify'
import { listenApp } from './create-app.ts'
import { startOps, type OpsPlace } from './mount-ops.ts'
import type { ServiceAddresses } from './service.ts'
import type { ServiceLog } from './service-log.ts'
import type { WorkRegistry } from './work.ts'

/** What is started, in the order of {@link createBoot}. */
export interface BootOptions {
  readonly service: string
  readonly lifecycle: Lifecycle
  readonly health: Health
  readonly log: ServiceLog
  readonly app: FastifyInstance
  /** Where the app listens; `undefined` for a service that takes no requests. */
  readonly http: { readonly host: string; readonly port: number } | undefined
  readonly ops: OpsPlace
  readonly opsOptions: OpsOptions
  readonly work: WorkRegistry
  /** Name of the task to run in place of the service. */
  readonly task: string | undefined
  /** Whether the process is about to end by a signal or an uncaught error. */
  readonly endsWithProcess: () => boolean
  /** Ends a service whose task is done. */
  readonly stop: (reason: string) => Promise<unknown>
}

/**
 * Makes the `start` of a service: operations endpoints → plugins → listener → first health checks → workers → ready.
 *
 * @throws KEELSON_HTTP_ADDRESS_IN_USE, KEELSON_SERVICE_STATE_INVALID, KEELSON_SERVICE_TASK_UNKNOWN and what plugins throw
 */
export function createBoot(options: BootOptions): () => Promise<ServiceAddresses> {
  const { service, lifecycle, health, log, app, work } = options
  let isCalled = false
  let ops: OpsServer | undefined
  // Registered before what the service adds itself: probes are answered until nearly the end.
  lifecycle.onClose('operations endpoints', () => ops?.close())

  function isStopped(): boolean {
    return lifecycle.phase !== 'starting'
  }
  function refuse(state: string): KeelsonError {
    return new KeelsonError(
      'KEELSON_SERVICE_STATE_INVALID',
      `The service ${service} cannot be started: it is ${state}.`,
    )
  }
  function abandon(): Promise<never> {
    // The process ends in a moment, with its own exit code; a rejection would be an uncaught error on the way.
    if (options.endsWithProcess()) return new Promise(() => {})
    return Promise.reject(refuse('stopped before it had started'))
  }
  async function loadPlugins(): Promise<void> {
    let isLoaded = false
    lifecycle.onClose('app', () => {
      const closed = app.close()
      if (isLoaded) return closed
      // Fastify closes after its plugins have loaded; a stop does not wait for them, since nothing was accepted yet.
      closed.catch(() => undefined)
      return undefined
    })
    await app.ready()
    isLoaded = true
  }
  async function openOps(): Promise<void> {
    ops = await startOps(options.ops, options.opsOptions, (message) => log.current.logger.warn(message))
    // The closer has run already when the stop came meanwhile.
    if (isStopped()) await ops?.close()
  }
  async function runTask(name: string): Promise<ServiceAddresses> {
    await work.runTask(name)
    await options.stop(`task ${name} is done`)
    return { port: 0, opsPort: 0 }
  }

  return async () => {
    if (isCalled || isStopped()) throw refuse(isCalled && !isStopped() ? 'starting already' : lifecycle.phase)
    isCalled = true
    if (options.task !== undefined) return runTask(options.task)
    // Both take their time in other threads or in plugins: neither waits for the other.
    await Promise.all([openOps(), loadPlugins()])
    if (isStopped()) return abandon()
    const port = options.http === undefined ? 0 : await listenApp(app, options.http)
    const addresses = { port, opsPort: ops?.port ?? port }
    await health.start()
    lifecycle.onClose('health', () => health.close())
    await work.start()
    if (isStopped()) return abandon()
    if (options.http === undefined) holdProcess(lifecycle)
    lifecycle.markStarted()
    const place = options.http === undefined ? 'ready' : `ready on port ${port}`
    log.current.logger.info(
      { port, ops_port: addresses.opsPort },
      `${place}, operations endpoints on port ${addresses.opsPort}`,
    )
    return addresses
  }
}

/** Without a listener nothing may keep the process alive: timers of jobs do not, nor does the probe thread. */
function holdProcess(lifecycle: Lifecycle): void {
  const timer = setInterval(() => {}, 0x7fff_ffff)
  lifecycle.onClose('process', () => clearInterval(timer))
}
