import type { Config } from '@keelson/config'
import type { Health } from '@keelson/core/health'
import type { ClosingHook } from '@keelson/core/http'
import type { Closer, StopReport } from '@keelson/core/lifecycle'
import type { HttpClient, NoOperations, Operations } from '@keelson/http-client'
import type { Log } from '@keelson/log'
import type { Metrics } from '@keelson/metrics'
import type { FastifyInstance } from 'fastify'
import type { ServiceDefinition } from './definition.ts'
import type { HouseSchema } from './house-schema.ts'
import type { AddResource } from './resources.ts'
import type { ServiceWork } from './work.ts'

/** Schema of a service's configuration: the chassis's keys and its own. */
export type ServiceSchema<Definition extends ServiceDefinition> = HouseSchema &
  (Definition extends { readonly config: infer Schema } ? Schema : unknown)

/** One client for each declared dependency, under its name. */
export type ServiceDependencies<Definition extends ServiceDefinition> = {
  readonly [Name in keyof NonNullable<Definition['dependencies']>]: HttpClient<
    OperationsOf<NonNullable<Definition['dependencies']>[Name]>
  >
}

type OperationsOf<Dependency> = Dependency extends { readonly operations: infer Declared extends Operations }
  ? Declared
  : NoOperations

/** Where a started service listens. */
export interface ServiceAddresses {
  /** Port of the service; 0 when it serves no requests. */
  readonly port: number
  /** Port of the operations endpoints; the same as `port` where they are shared. */
  readonly opsPort: number
}

/** A running service: everything that its code needs of the chassis. */
export interface Service<Definition extends ServiceDefinition = ServiceDefinition> extends AsyncDisposable {
  readonly name: string
  readonly version: string
  /** Add routes, plugins and hooks here, as to any Fastify instance. */
  readonly app: FastifyInstance
  readonly config: Config<ServiceSchema<Definition>>
  readonly dependencies: ServiceDependencies<Definition>
  /** The logger; its lines carry the id of the request that they are written for. */
  readonly log: Log['logger']
  /** Custom metrics are made here. */
  readonly metrics: Metrics
  /** Health checks are added here. */
  readonly health: Health
  /**
   * Adds a pool or client of something that speaks no HTTP: a database, a cache, a broker. It connects at once, with
   * back-off; it is checked in the background, and closed at the stop after the last request.
   *
   * @param name label of its series and name of its health check; one that is declared in `resources` has its numbers there and in
   *   configuration, and is only given its functions here
   * @returns as soon as it is made, connected or not; `start()` waits for its first check
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, KEELSON_HEALTH_OPTIONS_INVALID when a check of this name exists,
   *   KEELSON_SERVICE_DEFINITION_INVALID when others are declared and this one is not, or numbers are given twice
   */
  resource: AddResource<Definition>
  /**
   * Adds a worker: something that takes work from elsewhere, such as a queue consumer. It starts with the service, and
   * its messages are waited for at the stop.
   */
  worker: ServiceWork['worker']
  /**
   * Adds a job.
   *
   * @returns runs it once, in a context of its own, waited for at the stop
   */
  job: ServiceWork['job']
  /**
   * Adds a one-off admin task: `node main.js --task NAME` runs it in place of the service, with the same configuration,
   * logs and exit codes, and listens nowhere.
   */
  task: ServiceWork['task']
  /**
   * Adds a hook that ends long connections: streams of events, WebSockets. It is called once the listener has closed, and
   * waited for, at most until the deadline; requests under way go on meanwhile.
   */
  readonly onClosing: (hook: ClosingHook) => void
  /**
   * Registers something to give back at the stop. Closers run in reverse order, after the last request has ended.
   */
  onClose(name: string, close: Closer['close']): void
  /**
   * Starts to listen; ready when it resolves.
   *
   * @throws KEELSON_HTTP_ADDRESS_IN_USE, KEELSON_SERVICE_STATE_INVALID when called twice, and what plugins throw
   */
  start(): Promise<ServiceAddresses>
  /** Stops in order (DESIGN §3.6). Never rejects; the process goes on. */
  stop(reason?: string): Promise<StopReport>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The service that this app belongs to. */
    readonly keelson: Service
  }
}
