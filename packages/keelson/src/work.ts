import { sleep, systemClock } from '@keelson/core/clock'
import { KeelsonError } from '@keelson/core/errors'
import type { Health } from '@keelson/core/health'
import {
  createWorkTracker,
  type Drainable,
  type Lifecycle,
  type Work,
  type WorkRunOptions,
} from '@keelson/core/lifecycle'
import type { Log } from '@keelson/log'

/** What a worker works with. */
export interface Worker {
  /**
   * Runs one message: in a context with an id of its own, counted, and waited for at the stop.
   *
   * @throws KEELSON_LIFECYCLE_STOPPING once the stop takes no new work; and what the function throws
   */
  run<T>(fn: (work: Work) => Promise<T> | T, options?: WorkRunOptions): Promise<T>
  /** Shows that the worker lives although no message came. */
  beat(): void
}

/** Something that takes work from elsewhere: a queue consumer, a stream reader. */
export interface WorkerDefinition {
  /** Begins to take work; called when the service starts. */
  readonly start: (worker: Worker) => Promise<void> | void
  /** Takes no more work; called at once when the stop begins. Messages under way are waited for afterwards. */
  readonly stop?: () => Promise<void> | void
  /**
   * Silence after which the health check `worker <name>` is down, in milliseconds. It informs, and never makes unready.
   *
   * @defaultValue unset: no check
   */
  readonly maxSilenceMs?: number
}

/** How a job is run. */
export interface JobOptions {
  /**
   * Time between the end of one run and the start of the next, in milliseconds. Runs never overlap; one that fails is
   * logged, and the next comes all the same.
   *
   * @defaultValue unset: it runs when its function is called
   */
  readonly everyMs?: number
}

/** Work of a service that is no request. */
export interface ServiceWork {
  readonly worker: (name: string, definition: WorkerDefinition) => void
  readonly job: <T>(
    name: string,
    fn: (work: Work) => Promise<T> | T,
    options?: JobOptions,
  ) => () => Promise<T>
  readonly task: (name: string, fn: (work: Work) => Promise<void> | void) => void
}

/** {@link ServiceWork} as the service sees it. */
export interface WorkRegistry extends ServiceWork {
  /** Starts workers, and jobs that run by the clock. */
  start(): Promise<void>
  /**
   * Runs a task to its end.
   *
   * @throws KEELSON_SERVICE_TASK_UNKNOWN, and what the task throws
   */
  runTask(name: string): Promise<void>
}

/** What a registry is made with. */
export interface WorkRegistryOptions {
  readonly service: string
  /** Log of the service, for what finds it by the context of a piece of work. */
  readonly log: Log
  readonly lifecycle: Lifecycle
  readonly health: Health
  /** Told what a scheduled run of a job threw. */
  readonly onJobError: (name: string, error: unknown) => void
}

/** Makes the registry of a service's workers, jobs and tasks. */
export function createWorkRegistry({
  service,
  log,
  lifecycle,
  health,
  onJobError,
}: WorkRegistryOptions): WorkRegistry {
  const starters: (() => Promise<void> | void)[] = []
  const tasks = new Map<string, (work: Work) => Promise<void> | void>()

  return {
    worker(name, definition) {
      const tracker = createWorkTracker({ service, log, kind: 'worker', name })
      let seenAtMs = performance.now()
      const worker: Worker = {
        run(fn, options) {
          seenAtMs = performance.now()
          return tracker.run(fn, options)
        },
        beat() {
          seenAtMs = performance.now()
        },
      }
      const { maxSilenceMs } = definition
      if (maxSilenceMs !== undefined) {
        health.check(`worker ${name}`, async () => {
          const silentMs = Math.round(performance.now() - seenAtMs)
          if (tracker.inFlightCount > 0 || silentMs <= maxSilenceMs) return { status: 'up' }
          return {
            status: 'down',
            error: new Error(`The worker ${name} has been silent for ${silentMs} ms.`),
          }
        })
      }
      lifecycle.serve(drainWorker(tracker, definition))
      starters.push(() => definition.start(worker))
    },
    job(name, fn, { everyMs } = {}) {
      const tracker = createWorkTracker({ service, log, kind: 'job', name })
      const run = () => tracker.run(fn)
      lifecycle.serve(tracker)
      if (everyMs !== undefined)
        starters.push(() => repeat(run, everyMs, lifecycle, (error) => onJobError(name, error)))
      return run
    },
    task(name, fn) {
      tasks.set(name, fn)
    },
    async start() {
      for (const start of starters) await start()
    },
    async runTask(name) {
      const fn = tasks.get(name)
      if (fn === undefined) {
        const known = [...tasks.keys()].join(', ') || 'none'
        throw new KeelsonError(
          'KEELSON_SERVICE_TASK_UNKNOWN',
          `There is no task named "${name}". Known tasks: ${known}.`,
        )
      }
      const tracker = createWorkTracker({ service, log, kind: 'task', name })
      lifecycle.serve(tracker)
      await tracker.run(fn)
    },
  }
}

/** The worker is told at once that the stop has begun: unlike callers of a server, its queue loses nothing by that. */
function drainWorker(tracker: Drainable, { stop }: WorkerDefinition): Drainable {
  let stopped: Promise<unknown> = Promise.resolve()
  return {
    announce() {
      tracker.announce()
      // A failure to stop is no reason to leave messages unfinished; the deadline bounds both.
      stopped = Promise.resolve()
        .then(() => stop?.())
        .catch(() => undefined)
    },
    async close(deadlineMs) {
      const bound = new AbortController()
      const late = sleep(systemClock, Math.max(0, deadlineMs - systemClock.monotonic()), bound.signal)
      await Promise.race([stopped, late])
      bound.abort()
      late.catch(() => undefined)
      return tracker.close(deadlineMs)
    },
  }
}

function repeat(
  run: () => Promise<unknown>,
  everyMs: number,
  lifecycle: Lifecycle,
  onError: (error: unknown) => void,
): void {
  let timer: NodeJS.Timeout | undefined
  const next = () => {
    timer = setTimeout(() => void once(), everyMs)
    timer.unref()
  }
  const once = async () => {
    try {
      await run()
    } catch (error) {
      if (lifecycle.phase === 'started') onError(error)
    }
    if (lifecycle.phase === 'started') next()
  }
  lifecycle.onClose('job timer', () => clearTimeout(timer))
  next()
}
