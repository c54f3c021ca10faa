import { randomBytes } from 'node:crypto'
import { relative, resolve } from 'node:path'
import { calledBy, childEnvironment, loopback, type PlacedService } from './child-environment.ts'
import type { ProcessEnd } from './dev-process.ts'
import { type LogEntry, readLogEntry } from './log-entry.ts'
import type { LogStore } from './log-store.ts'
import type { ServicePorts } from './ports.ts'
import { askProbe, type ProbeSample, watchProbes } from './probe-watch.ts'
import type { ServiceSpec } from './service-spec.ts'
import { stopOrder } from './stop-order.ts'
import { createSupervisor, type ServicePhase, type Supervisor } from './supervisor.ts'
import { watchFolders } from './watch-folder.ts'

/** One service of the run. */
export interface FleetMember {
  readonly name: string
  readonly spec: ServiceSpec
  readonly ports: ServicePorts
  /** `http://127.0.0.1:8080`. */
  readonly url: string
  readonly opsUrl: string
  /** Token of its operator actions. */
  readonly opsToken: string
  /** Names of the services of this run that it calls. */
  readonly calls: readonly string[]
  readonly supervisor: Supervisor
}

/** Who is told what happens; all of it is for people. */
export interface FleetListener {
  onLine?(member: FleetMember, entry: LogEntry): void
  onPhase?(member: FleetMember, phase: ServicePhase): void
  onProbe?(member: FleetMember, sample: ProbeSample): void
  /** Its last lines are in `lines`, oldest first. */
  onCrash?(
    member: FleetMember,
    end: ProcessEnd,
    next: { readonly delayMs: number } | undefined,
    lines: readonly LogEntry[],
  ): void
  /** Files, relative to where the command runs, that restart services. */
  onChange?(members: readonly FleetMember[], files: readonly string[]): void
}

/** What a fleet is made of. */
export interface FleetOptions {
  readonly specs: readonly ServiceSpec[]
  /** In the order of `specs`. */
  readonly ports: readonly ServicePorts[]
  readonly logs: LogStore
  readonly etcd: string | undefined
  /** Absolute paths whose changes restart all services. */
  readonly watched: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Arguments of Node for every service. */
  readonly nodeArguments: readonly string[]
}

/** All services of the run. */
export interface Fleet {
  readonly members: readonly FleetMember[]
  /** Told of everything from now on; the result ends that. */
  listen(listener: FleetListener): () => void
  start(): void
  /** Stops all services, callers before those that they call, and everything that watches. */
  stop(): Promise<void>
  /** Ends everything at once. */
  kill(): void
}

/** Often enough that nobody waits for it, and rarely enough to let the services start. */
const STARTING_PROBE_MS = 100
/** The shortest `periodSeconds` of a probe in Kubernetes. */
const PROBE_MS = 1_000
/** Lines that the message of a crash repeats. */
const CRASH_LINES = 12

/** Makes the services of one run; `start()` starts them. */
export function createFleet(options: FleetOptions): Fleet {
  const { specs, ports, logs, cwd, watched, env } = options
  const listeners = new Set<FleetListener>()
  const tell = (call: (listener: FleetListener) => void): void => {
    for (const listener of listeners) call(listener)
  }
  const placed = specs.map((spec, index) => ({ spec, ports: portsAt(ports, index) }))
  const members = placed.map((own) => createMember(own, placed, options, tell))
  const closers: (() => void)[] = []
  const close = (): void => {
    for (const one of closers.splice(0)) one()
  }

  const watch = (paths: readonly string[], whose: readonly FleetMember[], entry?: string): void => {
    const stateFolder = env['KEELSON_STATE_DIR']
    const watching = watchFolders({
      paths,
      ...(entry === undefined ? {} : { entry }),
      except: stateFolder === undefined ? [] : whose.map(({ spec }) => resolve(spec.folder, stateFolder)),
      onChange(files) {
        const shown = files.map((file) => relative(cwd, file))
        tell((listener) => listener.onChange?.(whose, shown))
        for (const { supervisor } of whose) if (supervisor.phase !== 'stopped') supervisor.restart()
      },
    })
    closers.push(() => watching.close())
  }

  return {
    members,
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    start() {
      for (const member of members) {
        member.supervisor.run()
        watch([member.spec.folder], [member], member.spec.entry)
        closers.push(watchMember(member, tell))
      }
      if (watched.length > 0) watch(watched, members)
    },
    async stop() {
      for (const batch of stopOrder(members)) {
        await Promise.all(batch.map(({ supervisor }) => supervisor.stop()))
      }
      close()
    },
    kill() {
      close()
      for (const { supervisor } of members) supervisor.kill()
    },
  }

  function createMember(
    own: PlacedService,
    all: readonly PlacedService[],
    { nodeArguments, etcd }: FleetOptions,
    told: typeof tell,
  ): FleetMember {
    const { spec } = own
    const opsToken = env['OPS__TOKEN'] || randomBytes(24).toString('base64url')
    const supervisor = createSupervisor({
      command: [process.execPath, ...nodeArguments, spec.entry],
      cwd: spec.folder,
      env: childEnvironment(own, all, { env, opsToken, etcd }),
      graceMs: spec.graceMs,
      events: {
        onRow(stream, row) {
          const entry = readLogEntry(logs.total + 1, spec.name, stream, row, Date.now())
          logs.add(entry)
          told((listener) => listener.onLine?.(member, entry))
        },
        onPhase: (phase) => told((listener) => listener.onPhase?.(member, phase)),
        onCrash(end, next) {
          const lines = logs.last({ service: spec.name }, CRASH_LINES)
          told((listener) => listener.onCrash?.(member, end, next, lines))
        },
      },
    })
    const member: FleetMember = {
      name: spec.name,
      spec,
      ports: own.ports,
      url: `http://${loopback}:${own.ports.port}`,
      opsUrl: `http://${loopback}:${own.ports.opsPort}`,
      opsToken,
      calls: calledBy(own, all),
      supervisor,
    }
    return member
  }
}

/** @returns ends the watch */
function watchMember(
  member: FleetMember,
  tell: (call: (listener: FleetListener) => void) => void,
): () => void {
  const { supervisor, opsUrl } = member
  const watching = watchProbes({
    opsUrl,
    intervalMs: () => (supervisor.phase === 'starting' ? STARTING_PROBE_MS : PROBE_MS),
    async ask(url) {
      // Without a process of ours, whoever listens there is somebody else.
      const { pid } = supervisor
      if (pid === undefined) return 'gone'
      const result = await askProbe(url)
      return supervisor.pid === pid ? result : 'gone'
    },
    onSample(sample) {
      if (sample.readiness === 'up') supervisor.markReady()
      tell((listener) => listener.onProbe?.(member, sample))
    },
  })
  return () => watching.close()
}

function portsAt(ports: readonly ServicePorts[], index: number): ServicePorts {
  const found = ports[index]
  if (found === undefined) throw new RangeError('There are fewer ports than services.')
  return found
}
