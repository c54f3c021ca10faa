import { runWithContext } from '@keelson/core/context'
import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import {
  type Attempt,
  type Classification,
  createBalancer,
  createPipeline,
  type Policy,
} from '@keelson/resilience'
import type { SimulatedClock } from './simulated-clock.ts'

/** Somebody who can be called. */
export interface Callee {
  handle(attempt: Pick<Attempt, 'onAbort' | 'limitMs'>): Promise<void>
  /** What an oracle knows of it: work that is under way there, `Infinity` where it is not well. */
  readonly load?: number
}

/** What a layer is made of. */
export interface LayerParts {
  readonly name: string
  readonly callees: readonly Callee[]
  readonly clock: SimulatedClock
  readonly random: () => number
  readonly attemptTimeoutMs: number
  readonly timeoutMs: number
}

/** A way to call a service that has several replicas. */
export interface CallPolicy {
  readonly name: string
  /** Whether the servers bound their backlog. */
  readonly admits: boolean
  readonly open: (parts: LayerParts) => Layer
}

/** One caller. */
export interface Layer {
  /** Waits for what is loaded at first use. */
  ready(): Promise<unknown>
  call(): Promise<void>
  close(): Promise<void>
}

/** keelson's own code, and what is common without it. */
export const policies: readonly CallPolicy[] = [
  { name: 'no retry', admits: false, open: (parts) => naive(parts, 1) },
  { name: '3 attempts', admits: false, open: (parts) => naive(parts, 3) },
  { name: 'keelson', admits: true, open: (parts) => keelson(parts, {}) },
  { name: 'keelson, hedging', admits: true, open: (parts) => keelson(parts, { hedge: {} }) },
]

/** keelson's layers around a choice that knows which replica is well, and how much each has to do: nothing can be better. */
export const oracle: CallPolicy = {
  name: 'oracle',
  admits: true,
  open: (parts) => keelson(parts, { omniscient: true }),
}

/** keelson with breakers whose ramp has another length, in milliseconds. */
export function withRamp(rampMs: number): CallPolicy {
  return {
    name: `ramp of ${rampMs} ms`,
    admits: true,
    open: (parts) => keelson(parts, { breaker: { rampMs } }),
  }
}

/** Message of the error that a layer makes of what failed below it. */
export const passedOn = 'What this service calls failed.'

const outcomes: Readonly<Record<string, Classification>> = {
  KEELSON_SIMULATION_REFUSED: { breaker: 'failure', retry: 'always', outcome: 'failure' },
  KEELSON_SIMULATION_FAILED: { breaker: 'failure', retry: 'idempotent', outcome: 'failure' },
  // A refusal, and the failure of somebody further down, marked as such.
  KEELSON_SIMULATION_SHED: { breaker: 'neutral', retry: 'never', outcome: 'rejected' },
}

/** What a layer of keelson has beside its defaults. */
interface KeelsonChoices extends Pick<Policy, 'hedge' | 'breaker'> {
  /** Whether it goes to the least loaded replica that is well, whatever its own balancer says: what nobody can know. */
  readonly omniscient?: boolean
}

function leastLoaded(callees: readonly Callee[]): Callee | undefined {
  return callees.toSorted((a, b) => (a.load ?? 0) - (b.load ?? 0))[0]
}

/** The pipeline and the balancer of `@keelson/resilience`, put together as the HTTP client does. */
function keelson(
  { name, callees, clock, random, attemptTimeoutMs, timeoutMs }: LayerParts,
  { hedge = false, breaker = {}, omniscient = false }: KeelsonChoices,
): Layer {
  const names = { service: 'simulation', dependency: name, clock, random }
  const pipeline = createPipeline({
    ...names,
    attemptTimeoutMs,
    timeoutMs,
    // In one layer only: second attempts of second attempts are what a budget of 5 % does not mean.
    hedge: name === 'replicas' && hedge,
    breaker,
    classify: (error) =>
      outcomes[isKeelsonError(error) ? error.code : ''] ?? {
        breaker: 'neutral',
        retry: 'never',
        outcome: 'failure',
      },
  })
  const balancer = createBalancer({ ...names, penaltyMs: attemptTimeoutMs })
  balancer.update(callees.map((_, index) => String(index)))
  return {
    ready: () => pipeline.run(() => Promise.resolve()),
    async call() {
      const tried: string[] = []
      const attemptOnce = (attempt: Attempt) => {
        const lease = balancer.pick({ tried, repeatable: true })
        const callee = omniscient ? leastLoaded(callees) : callees[Number(lease?.key)]
        if (lease === undefined || callee === undefined) throw new TypeError('There is nobody to call.')
        tried.push(lease.key)
        attempt.onEnd((ended, durationMs) => lease.end(ended, durationMs))
        // What goes over the wire is the time that is left.
        return runWithContext({ requestId: name, deadline: clock.now() + attempt.limitMs }, () =>
          callee.handle(attempt),
        )
      }
      try {
        await pipeline.run(async (attempt) => attemptOnce(attempt), { idempotent: true, hedgeable: true })
      } catch (error) {
        // To the layer above it is this service that refuses: `x-no-retry`.
        throw new KeelsonError('KEELSON_SIMULATION_SHED', passedOn, { cause: error })
      }
    },
    close: () => pipeline.close(),
  }
}

/** A time limit and a number of attempts at random replicas, at once one after the other. */
function naive({ callees, clock, random, attemptTimeoutMs }: LayerParts, attemptCount: number): Layer {
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const callee = callees[Math.floor(random() * callees.length)]
      const timer = clock.setTimeout(() => reject(new Error('time-out')), attemptTimeoutMs)
      // Nobody tells the server that its answer is not awaited any more.
      const attempt = { onAbort: () => undefined, limitMs: attemptTimeoutMs }
      callee
        ?.handle(attempt)
        .then(resolve, reject)
        .finally(() => clock.clearTimeout(timer))
    })
  return {
    ready: () => Promise.resolve(),
    async call() {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once()
        } catch (error) {
          if (attempt >= attemptCount) throw error
        }
      }
    },
    close: () => Promise.resolve(),
  }
}
