import { hostname } from 'node:os'
import { channel, subscribe, type LifecycleChanged, type PreviousExit } from '../channels/index.ts'
import { systemClock, type Clock, type TimerHandle } from '../clock/index.ts'
import { currentContext } from '../context/index.ts'
import { checkOptions, optionRules } from '../errors/index.ts'
import type { StopReport } from '../lifecycle/index.ts'
import {
  createLeakWatch,
  createLimitReader,
  createPressureWatch,
  heapWarning,
  oldSpaceLimitBytes,
  readMemoryVitals,
  readOldSpaceUsedBytes,
  usedOfContainer,
  type LimitSources,
  type MemoryLook,
} from '../limits/index.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { endOf, previousExitOf } from './life-end.ts'
import { errorText, type LifeEnd, type Vitals } from './life-record.ts'
import { writeTerminationMessage } from './termination-message.ts'

/** What is watched of a process, and where it is written down. */
export interface ProcessWatchOptions {
  /** Name of the service, for the record and the facts that are published. */
  readonly service: string
  readonly version?: string | undefined
  /**
   * Tells replicas apart that share a state directory.
   *
   * @defaultValue the name of the host, which in Kubernetes is the name of the pod
   */
  readonly pod?: string | undefined
  /** Where the record of this life goes; made if missing. Without it nothing is written and no earlier life is known. */
  readonly stateDir?: string | undefined
  /** File that takes the last words of the process; not written without it. */
  readonly terminationMessagePath?: string | undefined
  /**
   * Warn when there is no state directory: there, containers come and go unseen.
   *
   * @defaultValue false
   */
  readonly inKubernetes?: boolean
  /**
   * Time between two heartbeats, in milliseconds; a quarter of it while memory is short.
   *
   * @range 100 to 60,000
   * @defaultValue 1000
   */
  readonly heartbeatMs?: number
  /** Requests under way. */
  readonly inFlightCount?: () => number
  /** When a probe was last answered, in milliseconds since 1970. */
  readonly lastProbeAtMs?: () => number | undefined
  /** Is told of memory at every heartbeat. What it throws is dropped. */
  readonly onBeat?: (look: MemoryLook) => void
  /** Where limits are read from; for tests. */
  readonly limits?: LimitSources
  /**
   * Length of a window of the leak watch, in milliseconds.
   *
   * @range 10 to 3,600,000
   * @defaultValue 60000
   */
  readonly leakWindowMs?: number
  readonly clock?: Clock
}

/** Defaults of {@link ProcessWatchOptions}. */
export const processWatchDefaults: {
  readonly inKubernetes: boolean
  readonly heartbeatMs: number
  readonly leakWindowMs: number
} = Object.freeze({ inKubernetes: false, heartbeatMs: 1_000, leakWindowMs: 60_000 })

/** The watch over one life of a process. */
export interface ProcessWatch {
  /** How the life before ended; `undefined` when no record could be kept. */
  readonly previousExit: PreviousExit | undefined
  /** File of the record, for `markStall` of another thread; `undefined` without one. */
  readonly recordPath: string | undefined
  /**
   * Writes down how the service stopped, and ends the watch. Synchronous, since the process may end right after; never
   * throws.
   *
   * @param error what kept the service from starting, if it did
   */
  close(report: Pick<StopReport, 'reason' | 'exitCode' | 'cut' | 'failures'>, error?: unknown): void
}

// Container figures are read at every so-many-th heartbeat: 0.08 ms each 5 s.
const BEATS_PER_SAMPLE = 5
// From this share of the container's memory on the heart beats faster: the kernel does not wait for the next second.
const HURRY_SHARE = 0.75
const HURRY_FACTOR = 4

/**
 * Starts to watch the process: says how the life before ended, warns of limits that do not fit, keeps the record of this
 * life by heartbeats, and writes down how it ends. Everything is told on channels (`keelson.process.previous-exit`,
 * `keelson.limits.*`, `keelson.leak.verdict`, `keelson.ledger.problem`), so subscribe first. What fails on disk is a
 * problem told once, never an error.
 *
 * @throws KEELSON_LIFECYCLE_OPTIONS_INVALID
 */
export function createProcessWatch(options: ProcessWatchOptions): ProcessWatch {
  checkWatchOptions(options)
  const { service, terminationMessagePath, clock = systemClock } = options
  const { heartbeatMs, leakWindowMs, inKubernetes } = { ...processWatchDefaults, ...options }
  const readContainer = createLimitReader(options.limits)
  let container = readContainer()
  const problem = channel('keelson.ledger.problem')
  const ledger = open(options, clock, container.memory.oomKillCount, inKubernetes)
  const previousExit = ledger === undefined ? undefined : previousExitOf(service, ledger)
  if (previousExit !== undefined) channel('keelson.process.previous-exit').publish(previousExit)

  const { heapLimitBytes, rssBytes } = readMemoryVitals()
  const oldSpaceBytes = oldSpaceLimitBytes(heapLimitBytes)
  const misfit = heapWarning(heapLimitBytes, container.memory.limitBytes, oldSpaceBytes)
  const warning = channel('keelson.limits.warning')
  if (misfit !== undefined) {
    const limitBytes = container.memory.limitBytes ?? heapLimitBytes
    warning.publish({ service, subject: 'heap-fit', usedBytes: rssBytes ?? 0, limitBytes, message: misfit })
  }
  const leaks = createLeakWatch({
    service,
    limitBytes: Math.min(oldSpaceBytes, container.memory.limitBytes ?? oldSpaceBytes),
    windowMs: leakWindowMs,
    clock,
  })
  const pressure = createPressureWatch()
  let phase: LifecycleChanged['phase'] = 'starting'
  let vitals: Vitals = {}
  let beatCount = 0
  let timer: TimerHandle | undefined
  let closed = false

  const stopListening = subscribe('keelson.lifecycle.changed', (fact) => {
    if (fact.service === service) phase = fact.phase
  })
  process.on('uncaughtExceptionMonitor', onUncaught)
  process.on('exit', onExit)
  publishSample()
  scheduleBeat(0)

  function scheduleBeat(delayMs: number): void {
    const dueMs = clock.monotonic() + delayMs
    timer = clock.setTimeout(() => {
      let nextMs = heartbeatMs
      try {
        nextMs = beat(Math.max(0, clock.monotonic() - dueMs))
      } catch {
        // What fails here are the callbacks of the options; a timer that throws would end the process.
      }
      scheduleBeat(nextMs)
    }, delayMs)
    timer.unref()
  }

  /** @returns time until the next one, in milliseconds */
  function beat(loopDelayMs: number): number {
    if (beatCount++ % BEATS_PER_SAMPLE === 0 && beatCount > 1) {
      container = readContainer()
      publishSample()
    }
    const memory = readMemoryVitals()
    const { limitBytes: containerLimitBytes, workingSetBytes } = container.memory
    // The limit that V8 reports may be three times the one at which it gives up.
    const oldSpaceUsedBytes = readOldSpaceUsedBytes()
    const heap = { heapUsedBytes: oldSpaceUsedBytes, heapLimitBytes: oldSpaceBytes }
    for (const due of pressure({ ...memory, ...heap, containerLimitBytes, workingSetBytes })) {
      warning.publish({ service, ...due })
    }
    vitals = {
      ...memory,
      oldSpaceUsedBytes,
      oldSpaceLimitBytes: oldSpaceBytes,
      containerLimitBytes,
      workingSetBytes,
      loopDelayMs: Math.round(loopDelayMs),
      inFlightCount: options.inFlightCount?.(),
      lastProbeAtMs: options.lastProbeAtMs?.(),
    }
    // Somebody else's handler swallowed the error that was to end this life: it goes on.
    if (ledger?.end !== undefined && phase === 'started') {
      ledger.setEnd(undefined, phase)
      tellOrchestrator('')
    }
    ledger?.beat(phase, vitals, container.memory.oomKillCount)
    const hurry = usedOfContainer({ rssBytes: memory.rssBytes, workingSetBytes })
    if (options.onBeat !== undefined) {
      const { collectedBytes, collectionCount } = leaks.state
      options.onBeat({
        oldSpaceLimitBytes: oldSpaceBytes,
        collectedBytes,
        collectionCount,
        rssBytes: memory.rssBytes,
        workingSetBytes,
        containerLimitBytes,
      })
    }
    return containerLimitBytes !== undefined && hurry >= containerLimitBytes * HURRY_SHARE
      ? heartbeatMs / HURRY_FACTOR
      : heartbeatMs
  }

  function publishSample(): void {
    const samples = channel('keelson.limits.sampled')
    if (!samples.hasSubscribers) return
    const { memory, cpu } = container
    const { verdict, timeToLimitMs } = leaks.state
    samples.publish({
      service,
      memoryLimitBytes: memory.limitBytes,
      memoryUsageBytes: memory.usageBytes,
      memoryWorkingSetBytes: memory.workingSetBytes,
      memoryPeakBytes: memory.peakBytes,
      oomKillCount: memory.oomKillCount,
      cpuLimitCores: cpu.limitCores,
      cpuPeriodCount: cpu.periodCount,
      cpuThrottledPeriodCount: cpu.throttledPeriodCount,
      cpuThrottledMs: cpu.throttledMs,
      heapLimitBytes,
      leakVerdict: verdict,
      leakTimeToLimitMs: timeToLimitMs,
      restartsLastHourCount: ledger?.restartsLastHourCount ?? 0,
    })
  }

  function onUncaught(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
    noteError(error, origin === 'unhandledRejection' ? 'unhandled-rejection' : 'uncaught-error')
  }

  function noteError(error: unknown, reason: 'uncaught-error' | 'unhandled-rejection'): void {
    const text = errorText(error)
    const requestId = currentContext()?.requestId
    const evidence = `Nobody caught: ${text.split('\n', 1)[0]}`
    ledger?.setEnd({ reason, atMs: clock.now(), evidence, error: text, requestId }, phase)
    tellOrchestrator(
      `${service}: nobody caught this error${requestId ? ` (request ${requestId})` : ''}.\n${text}`,
    )
  }

  function onExit(exitCode: number): void {
    finish(endOf({ exitCode, stopping: phase === 'draining' || phase === 'closing' }, clock.now()))
  }

  function finish(end: LifeEnd): void {
    if (closed) return
    closed = true
    const earlier = ledger?.end
    ledger?.setEnd(earlier === undefined ? end : { ...earlier, exitCode: end.exitCode }, phase)
    if (end.reason === 'deadline' && earlier === undefined) tellOrchestrator(`${service}: ${end.evidence}`)
    ledger?.close()
    clock.clearTimeout(timer)
    leaks.close()
    stopListening()
    process.off('uncaughtExceptionMonitor', onUncaught)
    process.off('exit', onExit)
  }

  function tellOrchestrator(text: string): void {
    if (terminationMessagePath === undefined) return
    try {
      writeTerminationMessage(terminationMessagePath, text)
    } catch (error) {
      const message = `The termination message ${terminationMessagePath} cannot be written.`
      problem.publish({
        service,
        problem: 'termination-message',
        path: terminationMessagePath,
        message,
        error,
      })
    }
  }

  return {
    previousExit,
    recordPath: ledger?.recordPath,
    close({ reason, exitCode, cut, failures }, error) {
      if (error !== undefined && !closed) noteError(error, 'uncaught-error')
      const left = [
        ...(cut.length > 0 ? [`${cut.length} requests cut`] : []),
        ...failures.map(({ name }) => `closing ${name} failed`),
      ]
      const evidence = `Stopped: ${[reason, ...left].join(', ')}.`
      finish({ ...endOf({ exitCode, stopping: true, stopped: true }, clock.now()), evidence })
    },
  }
}

function checkWatchOptions(options: ProcessWatchOptions): void {
  checkOptions('KEELSON_LIFECYCLE_OPTIONS_INVALID', 'processWatch', options, {
    service: optionRules.string,
    version: optionRules.string,
    pod: optionRules.string,
    stateDir: optionRules.string,
    terminationMessagePath: optionRules.string,
    inKubernetes: optionRules.boolean,
    heartbeatMs: optionRules.number({ min: 100, max: 60_000 }),
    inFlightCount: optionRules.function,
    lastProbeAtMs: optionRules.function,
    onBeat: optionRules.function,
    limits: optionRules.object,
    leakWindowMs: optionRules.number({ min: 10, max: 3_600_000 }),
    clock: optionRules.object,
  })
}

function open(
  { service, version, pod = hostname(), stateDir }: ProcessWatchOptions,
  clock: Clock,
  oomKillCount: number | undefined,
  inKubernetes: boolean,
): Ledger | undefined {
  const problem = channel('keelson.ledger.problem')
  if (stateDir !== undefined) {
    return openLedger({
      service,
      version,
      pod,
      directory: stateDir,
      oomKillCount,
      clock,
      onProblem: (found) => problem.publish({ service, ...found }),
    })
  }
  if (inKubernetes) {
    problem.publish({
      service,
      problem: 'no-directory',
      path: '',
      message:
        'There is no state directory, so nobody will know how this container ended. Mount an emptyDir and name it in KEELSON_STATE_DIR.',
    })
  }
  return undefined
}
