import { KeelsonError } from '@keelson/core/errors'
import type { FastifyInstance } from 'fastify'
import { listenApp } from './create-app.ts'
import type { House } from './house.ts'
import { taskOf } from './runtime.ts'
import type { ServiceAddresses } from './service.ts'

/** Where a service listens. */
export interface BootPlaces {
  /** Where the app listens; `undefined` for a service that takes no requests. */
  readonly http: { readonly host: string; readonly port: number } | undefined
  /** Whether the operations endpoints are served there too. */
  readonly isShared: boolean
}

/**
 * Makes the `start` of a service: operations endpoints → plugins → listener → first health checks → workers → ready.
 *
 * @throws KEELSON_HTTP_ADDRESS_IN_USE, KEELSON_SERVICE_STATE_INVALID, KEELSON_SERVICE_TASK_UNKNOWN and what plugins throw
 */
export function createBoot(
  house: House,
  app: FastifyInstance,
  places: BootPlaces,
): () => Promise<ServiceAddresses> {
  const { lifecycle, health, log, work } = house
  const service = house.definition.name
  const task = taskOf(house.runtime)
  let isCalled = false

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
    if (house.endsWithProcess()) return new Promise(() => {})
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
  async function runTask(name: string): Promise<ServiceAddresses> {
    const release = holdProcess()
    try {
      await work.runTask(name)
    } finally {
      release()
    }
    await house.stop(`task ${name} is done`)
    return { port: 0, opsPort: 0 }
  }

  return async () => {
    if (isCalled || isStopped()) throw refuse(isCalled && !isStopped() ? 'starting already' : lifecycle.phase)
    isCalled = true
    if (task !== undefined) return runTask(task)
    // Both take their time in other threads or in plugins: neither waits for the other.
    const [opsPort] = await Promise.all([house.startOps(places.isShared), loadPlugins()])
    if (isStopped()) return abandon()
    const { port, addresses: urls } =
      places.http === undefined ? { port: 0, addresses: [] } : await listenApp(app, places.http, log.current)
    const addresses = { port, opsPort: opsPort ?? port }
    await health.start()
    lifecycle.onClose('health', () => health.close())
    await work.start()
    if (isStopped()) return abandon()
    if (places.http === undefined) lifecycle.onClose('process', holdProcess())
    lifecycle.markStarted()
    const place = places.http === undefined ? 'ready' : `ready on port ${port}`
    log.current.logger.info(
      { port, ops_port: addresses.opsPort, ...(urls.length === 0 ? {} : { addresses: urls.join(', ') }) },
      `${place}, operations endpoints on port ${addresses.opsPort}`,
    )
    return addresses
  }
}

/**
 * Without a listener nothing may keep the process alive: timers of jobs do not, nor does the probe thread, nor what a
 * task waits for.
 *
 * @returns lets go
 */
function holdProcess(): () => void {
  const timer = setInterval(() => {}, 0x7fff_ffff)
  return () => clearInterval(timer)
}
