import { channel, type LifecycleChanged } from '../channels/index.ts'
import { sleep, systemClock, type Clock, type TimerHandle } from '../clock/index.ts'
import { checkOptions, KeelsonError, optionRules } from '../errors/index.ts'
import type { Health } from '../health/index.ts'
import type { Drainable, Straggler } from './drainable.ts'
import { exitCodes } from './exit-codes.ts'

/** How a service ends. */
export interface LifecycleOptions {
  /** Name of the service, for the facts that are published. */
  readonly service: string
  readonly health: Health
  /**
   * Time from the signal until the listener closes, in milliseconds: what load balancers need to notice.
   *
   * @range 0 to 600,000
   * @defaultValue 0; 5 s in Kubernetes is the whole's decision (DESIGN §3.2)
   */
  readonly drainDelayMs?: number
  /**
   * The whole budget from the signal to the exit, drain delay included, in milliseconds. Longer than the drain
   * delay, shorter than the orchestrator's grace period.
   *
   * @range 100 to 3,600,000
   * @defaultValue 25000 — Kubernetes' default of 30 s, less a margin
   */
  readonly gracePeriodMs?: number
  readonly clock?: Clock
}

/** Defaults of {@link LifecycleOptions}. */
export const lifecycleDefaults: { readonly drainDelayMs: number; readonly gracePeriodMs: number } =
  Object.freeze({
    drainDelayMs: 0,
    gracePeriodMs: 25_000,
  })

/** Where a service is in its life. */
export type LifecyclePhase = LifecycleChanged['phase']

/** Something that must be given back at the end: a pool, a subscription, a listener. */
export interface Closer {
  readonly name: string
  readonly close: () => Promise<void> | void
}

/** Why and how a service is to stop. */
export interface StopRequest {
  /** For people: `SIGTERM`, `uncaught error`. */
  readonly reason: string
  /**
   * Code to end with when all goes well.
   *
   * @defaultValue 0
   */
  readonly exitCode?: number
  /** Shorter budget than the configured one, in milliseconds; the drain delay is then left out. */
  readonly withinMs?: number
}

/** What a stop did. */
export interface StopReport {
  readonly reason: string
  readonly exitCode: number
  readonly durationMs: number
  /** Requests and work that were cut at the deadline, oldest first. */
  readonly cut: readonly Straggler[]
  /** Closers that failed or were left behind, in the order in which they were called. */
  readonly failures: readonly { readonly name: string; readonly error: unknown }[]
}

/** The life of one service: starting → started → draining → closing → stopped. */
export interface Lifecycle {
  readonly phase: LifecyclePhase
  /** Adds what must drain: a server, a worker. */
  serve(drain: Drainable): void
  /** Adds something to close; closers run in reverse order of registration, one after the other. */
  readonly onClose: (name: string, close: Closer['close']) => void
  /** The service answers from now on: readiness may turn up. */
  markStarted(): void
  /**
   * Ends the service, in the order of DESIGN §3.6. Called again it returns the same promise; it never rejects.
   */
  stop(request: StopRequest): Promise<StopReport>
}

// What is left to closers and the log of the whole budget: a fifth, 2 s at most (facts: 4 s of hooks and 2 s of margin in 30).
const CLOSING_SHARE = 0.2
const CLOSING_MOST_MS = 2_000

/**
 * Makes the life of one service.
 *
 * @throws KEELSON_LIFECYCLE_OPTIONS_INVALID for bad options, or a drain delay that is not shorter than the grace period
 */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  checkOptions('KEELSON_LIFECYCLE_OPTIONS_INVALID', 'lifecycle', options, {
    service: optionRules.string,
    health: optionRules.object,
    drainDelayMs: optionRules.number({ min: 0, max: 600_000 }),
    gracePeriodMs: optionRules.number({ min: 100, max: 3_600_000 }),
    clock: optionRules.object,
  })
  const { service, health, clock = systemClock } = options
  const { drainDelayMs, gracePeriodMs } = { ...lifecycleDefaults, ...options }
  if (drainDelayMs >= gracePeriodMs) {
    throw new KeelsonError(
      'KEELSON_LIFECYCLE_OPTIONS_INVALID',
      `The drain delay of ${drainDelayMs} ms leaves nothing of the grace period of ${gracePeriodMs} ms. Make shutdown.drainDelay shorter than shutdown.grace.`,
    )
  }
  const drains: Drainable[] = []
  const closers: Closer[] = []
  let phase: LifecyclePhase = 'starting'
  let stopping: Promise<StopReport> | undefined

  function enter(next: LifecyclePhase, reason?: string): void {
    phase = next
    channel('keelson.lifecycle.changed').publish({
      service,
      phase,
      ...(reason === undefined ? {} : { reason }),
    })
  }

  async function stop({ reason, exitCode = exitCodes.clean, withinMs }: StopRequest): Promise<StopReport> {
    const startedAtMs = clock.monotonic()
    const wasStarted = phase === 'started'
    const budgetMs = Math.min(gracePeriodMs, withinMs ?? gracePeriodMs)
    const endMs = startedAtMs + budgetMs
    const cutAtMs = endMs - Math.min(CLOSING_MOST_MS, budgetMs * CLOSING_SHARE)

    health.drain()
    for (const drain of drains) drain.announce()
    enter('draining', reason)
    if (wasStarted && withinMs === undefined && drainDelayMs > 0) {
      await sleep(clock, Math.min(drainDelayMs, cutAtMs - startedAtMs))
    }

    enter('closing', reason)
    const cut = (await Promise.all(drains.map((drain) => drain.close(cutAtMs)))).flat()
    const failures: { name: string; error: unknown }[] = []
    // Taken from the end, and looked at anew each time: a closer may register another.
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
      const failure = await closeWithin(closer, clock, Math.max(endMs - clock.monotonic(), 50))
      if (failure !== undefined) failures.push({ name: closer.name, error: failure })
    }
    enter('stopped', reason)
    const overrun = cut.length > 0 || failures.some(({ error }) => isStopTimeout(error))
    return {
      reason,
      exitCode: overrun && exitCode === exitCodes.clean ? exitCodes.stoppedByDeadline : exitCode,
      durationMs: clock.monotonic() - startedAtMs,
      cut,
      failures,
    }
  }

  return {
    get phase() {
      return phase
    },
    serve(drain) {
      drains.push(drain)
    },
    onClose(name, close) {
      closers.push({ name, close })
    },
    markStarted() {
      if (phase !== 'starting') return
      health.markStarted()
      enter('started')
    },
    stop(request) {
      stopping ??= stop(request)
      return stopping
    },
  }
}

/** @returns what went wrong, or `undefined` */
async function closeWithin(closer: Closer, clock: Clock, withinMs: number): Promise<unknown> {
  let timer: TimerHandle | undefined
  const timeout = new Promise<unknown>((resolve) => {
    timer = clock.setTimeout(() => {
      resolve(
        new KeelsonError(
          'KEELSON_LIFECYCLE_STOP_TIMEOUT',
          `Closing ${closer.name} had ${Math.round(withinMs)} ms left of the grace period and took longer.`,
          { details: { closer: closer.name } },
        ),
      )
    }, withinMs)
  })
  const close = async (): Promise<unknown> => {
    try {
      await closer.close()
      return undefined
    } catch (error) {
      return error ?? new Error('unknown failure')
    }
  }
  try {
    return await Promise.race([close(), timeout])
  } finally {
    clock.clearTimeout(timer)
  }
}

function isStopTimeout(error: unknown): boolean {
  return error instanceof KeelsonError && error.code === 'KEELSON_LIFECYCLE_STOP_TIMEOUT'
}
