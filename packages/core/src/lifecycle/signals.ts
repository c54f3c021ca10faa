import { writeSync } from 'node:fs'
import { inspect } from 'node:util'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import type { StopReport, StopRequest } from './lifecycle.ts'

/** A service as the process sees it. */
export interface ProcessMember {
  readonly service: string
  stop(request: StopRequest): Promise<StopReport>
  /**
   * Writes the last words of an error that ends the process: one line, in the service's own format.
   *
   * @param kind what Node called it
   */
  fatal(error: unknown, kind: 'uncaughtException' | 'unhandledRejection'): void
  /** Hands all lines over to the kernel, within a bound of its own. */
  flush(): void
}

/** The handlers of one process. */
interface ProcessLife {
  readonly members: Set<ProcessMember>
  firstSignal: NodeJS.Signals | undefined
  /** A stop has begun, whatever its reason. */
  isEnding: boolean
}

// How long an uncaught error leaves to the requests under way. Kubernetes would wait 30 s; the state is suspect, so less.
const UNCAUGHT_GRACE_MS = 10_000

// Lives on `process`, not in this module: two installed copies of it must not install two sets of handlers.
const lifeKey = Symbol.for('keelson.process-life')

/**
 * Puts a service under the signals and uncaught errors of the process: SIGTERM and SIGINT stop every service of the
 * process and end it with the highest of their exit codes; a second signal ends it at once; an uncaught error or
 * rejection writes one fatal line, stops what runs and ends with its code ({@link exitCodeOf}).
 *
 * The process ends by `process.exit`, never by raising the signal again: as PID 1 that would be ignored.
 *
 * @returns takes the service out again; the handlers leave with the last one
 */
export function joinProcess(member: ProcessMember): () => void {
  const life = lifeOf(process)
  life.members.add(member)
  return () => {
    life.members.delete(member)
    if (life.members.size === 0 && life.firstSignal === undefined) life.uninstall()
  }
}

/**
 * Installs the handlers of the process before any service is there: a signal during start-up then ends it with 0, also
 * as PID 1, where a signal without a handler is ignored. For entries that are preloaded; a service does it by itself.
 */
export function handleProcess(): void {
  lifeOf(process)
}

/**
 * Ends the process of its own accord, as a signal would: stops every service of the process and ends it with the highest
 * of their exit codes. Called again, or after a signal, it does nothing; nor where no service is under the process's signals.
 *
 * @returns whether the process ends
 */
export function endProcess(request: StopRequest): boolean {
  const place = process as { readonly [lifeKey]?: Installed } // a private place of ours on a foreign object
  const life = place[lifeKey]
  if (life === undefined || life.members.size === 0 || life.isEnding) return false
  void stopAll(life, request)
  return true
}

interface Installed extends ProcessLife {
  readonly uninstall: () => void
}

function lifeOf(host: NodeJS.Process): Installed {
  const place = host as { [lifeKey]?: Installed } // a private place of ours on a foreign object
  if (place[lifeKey] !== undefined) return place[lifeKey]
  const onSignal = (signal: NodeJS.Signals) => handleSignal(life, signal)
  const onUncaught: NodeJS.UncaughtExceptionListener = (error, origin) => handleUncaught(life, error, origin)
  const life: Installed = {
    members: new Set(),
    firstSignal: undefined,
    isEnding: false,
    uninstall() {
      host.off('SIGTERM', onSignal)
      host.off('SIGINT', onSignal)
      host.off('uncaughtException', onUncaught)
      delete place[lifeKey]
    },
  }
  host.on('SIGTERM', onSignal)
  host.on('SIGINT', onSignal)
  // Unhandled rejections arrive here too: Node raises them as uncaught exceptions by default.
  host.on('uncaughtException', onUncaught)
  place[lifeKey] = life
  return life
}

function handleSignal(life: ProcessLife, signal: NodeJS.Signals): void {
  if (life.firstSignal !== undefined) {
    exit(life, signal === 'SIGINT' ? exitCodes.secondSigint : exitCodes.secondSigterm)
  }
  life.firstSignal = signal
  void stopAll(life, { reason: signal })
}

function handleUncaught(life: ProcessLife, error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  const exitCode = exitCodeOf(error)
  // Before there is a service nobody else would say it: Node's own words are lost with its own handling.
  if (life.members.size === 0) writeSync(process.stderr.fd, `${inspect(error)}\n`)
  for (const member of life.members) member.fatal(error, origin)
  void stopAll(life, { reason: 'uncaught error', exitCode, withinMs: UNCAUGHT_GRACE_MS })
}

async function stopAll(life: ProcessLife, request: StopRequest): Promise<void> {
  life.isEnding = true
  // What a stop waits for may hold nothing open by itself; a process that ended meanwhile would end with a code of Node's own (13).
  setInterval(() => {}, 0x7fff_ffff)
  const reports = await Promise.all([...life.members].map((member) => member.stop(request)))
  exit(life, Math.max(request.exitCode ?? exitCodes.clean, ...reports.map((report) => report.exitCode)))
}

function exit(life: ProcessLife, code: number): never {
  for (const member of life.members) member.flush()
  process.exit(code)
}
