import type { Server } from 'node:http'
import { resolve } from 'node:path'
import { createHealth, type Health } from '@keelson/core/health'
import { type ClosingHook, createServerDrain, type RequestTracer, type ServerDrain } from '@keelson/core/http'
import { createProcessWatch, type ProcessWatch } from '@keelson/core/ledger'
import { createLifecycle, exitCodeOf, type Lifecycle, type StopReport } from '@keelson/core/lifecycle'
import { createActionResponder, type OpsOptions, type OpsServer } from '@keelson/core/ops'
import type { HttpClient } from '@keelson/http-client'
import { createMetrics, type Metrics } from '@keelson/metrics'
import { checkDefinition } from './check-definition.ts'
import type { ServiceDefinition } from './definition.ts'
import { createDependencies, type Dependencies } from './dependencies.ts'
import { loadConfig, type HouseConfig } from './load-config.ts'
import { startOps } from './ops-place.ts'
import { createHeapSnapshots, type HeapSnapshots } from './heap-snapshots.ts'
import { createMemoryRelief } from './memory-relief.ts'
import { endService, enterProcess, LAST_WORDS_MS } from './process-entry.ts'
import { createOperatorActions } from './operator-actions.ts'
import { packageVersion, resolveRuntime, type Runtime, type RuntimeOptions } from './runtime.ts'
import { createServiceLog, type ServiceLog } from './service-log.ts'
import { openTracing } from './tracing.ts'
import { createWorkRegistry, type WorkRegistry } from './work.ts'

/** Something with a breaker that an operator can force. */
export type Forceable = Pick<HttpClient, 'isolate' | 'holdClosed' | 'release'> & {
  state(): Pick<ReturnType<HttpClient['state']>, 'forced'>
}

/** Everything of a service but its server: what `createService` and `attach` have in common. */
export interface House {
  readonly definition: ServiceDefinition
  readonly version: string
  readonly runtime: Runtime
  readonly log: ServiceLog
  readonly metrics: Metrics
  readonly config: HouseConfig
  readonly health: Health
  readonly lifecycle: Lifecycle
  readonly dependencies: Dependencies
  /** What `Service.resource` has added, by name. */
  readonly resources: Map<string, Forceable>
  readonly work: WorkRegistry
  /** Makes a span for each request, where traces are switched on. */
  readonly tracer: RequestTracer | undefined
  /** Writes heap snapshots; `undefined` where no folder is known. */
  readonly snapshots: HeapSnapshots | undefined
  readonly opsOptions: OpsOptions
  /**
   * Starts the operations endpoints.
   *
   * @param isShared whether they are served on the service's own port, and need no listener
   * @returns their port, if they have one of their own
   * @throws KEELSON_HTTP_ADDRESS_IN_USE
   */
  startOps(isShared: boolean): Promise<number | undefined>
  /** Puts a server under the stop. */
  drain(server: Server): ServerDrain
  /** Adds a hook for those who own long connections; see `Service.onClosing`. */
  readonly onClosing: (hook: ClosingHook) => void
  /** Whether the process is about to end by a signal or an uncaught error. */
  endsWithProcess(): boolean
  readonly stop: (reason?: string) => Promise<StopReport>
}

/**
 * Runs the parts of a definition: log → metrics → configuration → dependencies, in this order, nothing listening yet.
 *
 * @throws KEELSON_SERVICE_DEFINITION_INVALID, KEELSON_CONFIG_INVALID, KEELSON_CONFIG_SOURCE_UNAVAILABLE and what the parts throw for bad options
 */
export async function openHouse(definition: ServiceDefinition, options: RuntimeOptions): Promise<House> {
  checkDefinition(definition)
  const service = definition.name
  const runtime = resolveRuntime(options)
  const version = definition.version ?? (await packageVersion(runtime.cwd))
  const log = createServiceLog(service, version, runtime, options.logDestination)
  let lifecycle: Lifecycle | undefined
  let isEnding = false
  let watch: ProcessWatch | undefined
  let ops: OpsServer | undefined
  const drains: ServerDrain[] = []
  const closingHooks: ClosingHook[] = []
  const leaveProcess = runtime.signals
    ? enterProcess(
        service,
        log,
        () => watch,
        () => {
          isEnding = true
          return lifecycle
        },
      )
    : () => {}
  const commit = runtime.env['GIT_COMMIT'] || undefined
  const metrics = createMetrics({ service, version, ...(commit === undefined ? {} : { commit }) })

  try {
    const config = await loadConfig(definition, runtime)
    log.configure(config)
    const settings = config.current
    metrics.keepExemplars(settings.metrics.exemplars)
    config.subscribe('metrics.exemplars', (on) => metrics.keepExemplars(on))
    const snapshots = snapshotsOf(service, settings, runtime.cwd)
    const onBeat = createMemoryRelief(config, { log, snapshots })
    watch = createProcessWatch({
      service,
      version,
      pod: runtime.env['POD_NAME'] || runtime.host,
      stateDir: settings.state.dir ?? undefined,
      terminationMessagePath: settings.termination.message ?? undefined,
      inKubernetes: runtime.inKubernetes,
      lastProbeAtMs: () => ops?.lastProbeAtMs(),
      ...(onBeat === undefined ? {} : { onBeat }),
      inFlightCount: () => drains.reduce((sum, { inFlightCount }) => sum + inFlightCount, 0),
    })
    const health = createHealth({ service })
    const life = createLifecycle({
      service,
      health,
      drainDelayMs: settings.shutdown.drainDelay,
      gracePeriodMs: settings.shutdown.grace,
    })
    lifecycle = life
    life.onClose('metrics', () => metrics.close())
    const tracing = await openTracing(service, version, settings.otel)
    life.onClose('traces', () => tracing?.close())
    life.onClose('config', () => config.close())
    const dependencies = await createDependencies(definition, config)
    life.onClose('dependencies', () => dependencies.close())
    // Registered before what the service adds itself: probes are answered until nearly the end.
    life.onClose('operations endpoints', () => ops?.close())
    const work = createWorkRegistry({
      service,
      log: log.current,
      lifecycle: life,
      health,
      onJobError: (name, error) => log.current.logger.error({ err: error }, `The job ${name} failed.`),
    })
    let opsOptions: OpsOptions | undefined
    const house: House = {
      definition,
      version,
      runtime,
      log,
      metrics,
      config,
      health,
      lifecycle: life,
      dependencies,
      resources: new Map(),
      work,
      tracer: tracing?.tracer,
      snapshots,
      get opsOptions() {
        opsOptions ??= withActions(house, opsOptionsOf(house, commit ?? null))
        return opsOptions
      },
      async startOps(isShared) {
        ops = await startOps(
          {
            host: settings.ops.host || settings.http.host,
            port: settings.ops.port,
            shared: isShared,
            thread: settings.ops.thread,
            service,
            stallLimitMs: settings.ops.stallLimit,
            ...(watch?.recordPath === undefined ? {} : { recordPath: watch.recordPath }),
            ...(settings.log.format === 'gelf' ? { lineFields: log.identity } : {}),
          },
          house.opsOptions,
          (message) => log.current.logger.warn(message),
        )
        // The closer has run already when the stop came meanwhile.
        if (life.phase !== 'starting') await ops?.close()
        return ops?.port
      },
      drain(server) {
        const drain = createServerDrain(server, {
          connectionMaxAgeMs: settings.http.connectionMaxAge,
          // Without a drain delay nobody was told to leave: waiting for idle connections would only cost time.
          ...(settings.shutdown.drainDelay === 0 ? { lingerMs: 0 } : {}),
        })
        life.serve(drain)
        for (const hook of closingHooks) drain.onClosing(hook)
        drains.push(drain)
        return drain
      },
      onClosing(hook) {
        closingHooks.push(hook)
        for (const drain of drains) drain.onClosing(hook)
      },
      endsWithProcess: () => isEnding,
      stop: async (reason = 'stop() was called') => {
        const report = await endService(life, log, watch, { reason })
        leaveProcess()
        return report
      },
    }
    return house
  } catch (error) {
    await (lifecycle?.stop({ reason: 'the service could not be created' }) ?? metrics.close())
    watch?.close(
      { reason: 'the service could not be created', exitCode: exitCodeOf(error), cut: [], failures: [] },
      error,
    )
    // The process's handlers must still be there when this error, uncaught, reaches them; then they have no more to do.
    setTimeout(leaveProcess, LAST_WORDS_MS).unref()
    throw error
  }
}

function opsOptionsOf(house: House, commit: string | null): OpsOptions {
  const { health, metrics, config } = house
  const startedAtMs = performance.now()
  return {
    health,
    metrics: async (accept) => {
      const { contentType, bytes } = await metrics.render({ accept })
      return { contentType, body: bytes }
    },
    info: () => ({
      name: house.definition.name,
      version: house.version,
      commit,
      node: process.version,
      uptimeSeconds: Math.round((performance.now() - startedAtMs) / 1_000),
      warnings: config.warnings,
      forcedBreakers: forcedBreakers(house),
    }),
    ...((config.current.ops.config ?? !config.production) ? { config: () => config.toRedacted() } : {}),
  }
}

/** What is forced now, by name of dependency or resource: it ends by itself, but may be forgotten until then. */
function forcedBreakers({ dependencies, resources }: House): Readonly<Record<string, 'open' | 'closed'>> {
  const all: readonly (readonly [string, Forceable])[] = [
    ...Object.entries(dependencies.clients),
    ...resources,
  ]
  return Object.fromEntries(
    all.flatMap(([name, one]) => {
      const { forced } = one.state()
      return forced === undefined ? [] : [[name, forced]]
    }),
  )
}

function snapshotsOf(
  name: string,
  { limits, state }: HouseConfig['current'],
  cwd: string,
): HeapSnapshots | undefined {
  const folder = limits.snapshotDir ?? state.dir
  return folder === null ? undefined : createHeapSnapshots({ folder: resolve(cwd, folder), name })
}

/** Adds what operators may do, where a token lets them. */
function withActions(house: House, options: OpsOptions): OpsOptions {
  const token = house.config.current.ops.token
  if (token === null) return options
  const { logger } = house.log.current
  const actions = createActionResponder({
    token: token.reveal(),
    actions: createOperatorActions(house),
    audit: ({ action, remoteIp, outcome, input, error }) =>
      logger.warn(
        { action, remote_ip: remoteIp, outcome, input, err: error },
        `operator action ${action}: ${outcome}`,
      ),
  })
  return { ...options, actions }
}
