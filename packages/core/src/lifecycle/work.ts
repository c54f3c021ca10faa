import { randomUUID } from 'node:crypto'
import { channel, type WorkKind } from '../channels/index.ts'
import { systemClock, type Clock, type TimerHandle } from '../clock/index.ts'
import { runWithContext, type RequestContext } from '../context/index.ts'
import { KeelsonError } from '../errors/index.ts'
import { requestIdPattern } from '../http/index.ts'
import type { Drainable, Straggler } from './drainable.ts'

/** What a piece of work is given. */
export interface Work {
  /** Stands on every line that is written for it. */
  readonly requestId: string
  /** Aborted when the grace period is over. */
  readonly signal: AbortSignal
}

/** How one piece of work is run. */
export interface WorkRunOptions {
  /** Id of the message or request that the work comes from. @defaultValue a new UUID, also for one that is not acceptable */
  readonly requestId?: string
}

/** What a tracker is made with. */
export interface WorkTrackerOptions {
  /** Name of the service, for the facts that are published. */
  readonly service: string
  readonly kind: WorkKind
  /** Name of the job, worker or task. */
  readonly name: string
  /** Log of the service, for `logger()` of `@keelson/log`. */
  readonly log?: object | undefined
  readonly clock?: Clock
}

/** Work that is no request: the messages of a queue, a job by the clock, an admin task. It drains like requests do. */
export interface WorkTracker extends Drainable {
  /**
   * Runs one piece of work in a context of its own. What it throws is counted and thrown on.
   *
   * @throws KEELSON_LIFECYCLE_STOPPING once the stop takes no new work
   */
  run<T>(fn: (work: Work) => Promise<T> | T, options?: WorkRunOptions): Promise<T>
  readonly inFlightCount: number
}

interface Running extends Straggler {
  readonly abort: AbortController
}

/** Makes the tracker of one job, worker or task. */
export function createWorkTracker({
  service,
  kind,
  name,
  log,
  clock = systemClock,
}: WorkTrackerOptions): WorkTracker {
  const running = new Set<Running>()
  const route = `${kind} ${name}`
  let closed = false
  let onIdle: (() => void) | undefined
  channel('keelson.work.declared').publish({ service, kind, name })

  async function run<T>(fn: (work: Work) => Promise<T> | T, options: WorkRunOptions = {}): Promise<T> {
    if (closed) throw stopping(route)
    const abort = new AbortController()
    const requestId = acceptable(options.requestId) ?? randomUUID()
    const entry: Running = { requestId, startedAtMs: clock.monotonic(), route, abort }
    const context: RequestContext = { requestId, signal: abort.signal, log }
    running.add(entry)
    let outcome: 'success' | 'failure' = 'failure'
    try {
      const result = await runWithContext(context, () => fn({ requestId, signal: abort.signal }))
      outcome = 'success'
      return result
    } finally {
      running.delete(entry)
      channel('keelson.work.completed').publish({
        service,
        kind,
        name,
        requestId,
        outcome,
        durationMs: clock.monotonic() - entry.startedAtMs,
      })
      if (running.size === 0) onIdle?.()
    }
  }

  return {
    run,
    get inFlightCount() {
      return running.size
    },
    announce() {},
    async close(deadlineMs) {
      closed = true
      if (running.size > 0) await idleOrDeadline(clock, deadlineMs, (listener) => (onIdle = listener))
      const cut = [...running]
      for (const { abort } of cut)
        abort.abort(new Error('The service stops and the time for its work is over.'))
      return cut
    },
  }
}

function acceptable(requestId: string | undefined): string | undefined {
  return requestId !== undefined && requestIdPattern.test(requestId) ? requestId : undefined
}

function stopping(route: string): KeelsonError {
  return new KeelsonError(
    'KEELSON_LIFECYCLE_STOPPING',
    `The service stops: ${route} takes no new work. Leave the message where it is; another replica will take it.`,
    { retryable: true, statusCode: 503 },
  )
}

function idleOrDeadline(
  clock: Clock,
  deadlineMs: number,
  listen: (onIdle: () => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let timer: TimerHandle | undefined
    const finish = () => {
      clock.clearTimeout(timer)
      resolve()
    }
    listen(finish)
    timer = clock.setTimeout(finish, Math.max(0, deadlineMs - clock.monotonic()))
  })
}
