import { subscribe } from '@keelson/core/channels'
import { createBalancer, createPipeline, type Policy } from '@keelson/resilience'
import { replicaCapacity } from '../calls/replica-set.ts'
import { seededRandom } from '../calls/seeded-random.ts'
import { slownessOf, type Tail } from '../calls/tail.ts'
import { SimulatedClock } from './simulated-clock.ts'

/** What became of the calls of one client, at half load and then at 130 %. */
export interface HedgeRun {
  /** 99th percentile at half load, in milliseconds. */
  readonly p99Ms: number
  /** Share of the calls at 130 % that succeeded, 0 to 1. */
  readonly goodput: number
  /** Second attempts at 130 %, per call. */
  readonly secondRatio: number
}

/** What `npm run calls -w bench -- hedge` does, in simulated time. */
export interface HedgePlan {
  readonly hedge: NonNullable<Policy['hedge']>
  readonly tail: Tail
  readonly seed: number
  readonly healthyMs: number
  readonly overloadMs: number
  /** What work takes at 130 %, as a multiple of what it ought to: a machine that others use. 1 is the one of the plan. */
  readonly slowness: number
  /** Which of two streams of choices among the replicas the client has: the rest is the same. */
  readonly choice: 0 | 1
}

/** The same as in `../calls/replica.ts`. */
const workerCount = 5
const serviceMs = 48
const replicaCount = 3
const wireMs = 1

interface Shot {
  readonly beganMs: number
  durationMs: number
}

/** Simulates a client of three replicas that shed nothing and finish what nobody waits for, as most servers do. */
export async function simulateHedging({
  hedge,
  tail,
  seed,
  healthyMs,
  overloadMs,
  slowness,
  choice,
}: HedgePlan): Promise<HedgeRun> {
  const clock = new SimulatedClock()
  const seedOf = seededRandom(seed)
  const newRandom = () => seededRandom(Math.floor(seedOf() * 2 ** 32))
  const [arrivalRandom, workRandom] = [newRandom(), newRandom()]
  const choices = [newRandom(), newRandom()] as const
  const names = { service: 'simulation', dependency: 'replicas', clock, random: choices[choice] }
  const pipeline = createPipeline({ ...names, hedge })
  const balancer = createBalancer(names)
  const replicas = Array.from({ length: replicaCount }, () => new StubbornReplica(clock))
  balancer.update(replicas.map((_, index) => String(index)))
  let secondCount = 0
  const end = subscribe('keelson.client.hedge', ({ result }) => {
    if (result !== 'denied') secondCount += 1
  })
  let [callCount, presentSlowness] = [0, 1]
  await pipeline.run(() => Promise.resolve())
  try {
    const healthy = await load(0.5, healthyMs)
    secondCount = 0
    presentSlowness = slowness
    const overload = await load(1.3, overloadMs)
    const sorted = healthy.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
    return {
      p99Ms: sorted[Math.floor(0.99 * sorted.length)] ?? Number.NaN,
      goodput: goodOf(overload),
      secondRatio: secondCount / overload.length,
    }
  } finally {
    end()
    await pipeline.close()
  }

  async function load(share: number, durationMs: number): Promise<readonly Shot[]> {
    const shots: Shot[] = []
    const rate = share * replicaCount * replicaCapacity
    for (let dueMs = 0; ; ) {
      dueMs -= (Math.log(1 - arrivalRandom()) * 1_000) / rate
      if (dueMs >= durationMs) break
      clock.setTimeout(() => void shoot(shots), dueMs)
    }
    // Long enough for the last call and for all that is left to do.
    await clock.runUntil(clock.now() + durationMs + 4_000)
    return shots
  }

  /** A little different each time: what always takes the same to the microsecond has no quantiles. */
  function workMs(call: number, retry: number): number {
    return serviceMs * slownessOf(tail, call, retry) * (0.95 + 0.1 * workRandom())
  }

  async function shoot(shots: Shot[]): Promise<void> {
    const call = callCount++
    const shot: Shot = { beganMs: clock.now(), durationMs: Infinity }
    shots.push(shot)
    const tried: string[] = []
    try {
      await pipeline.run(
        (attempt) => {
          const lease = balancer.pick({ tried, repeatable: true })
          const replica = replicas[Number(lease?.key)]
          if (lease === undefined || replica === undefined) throw new TypeError('There is nobody to call.')
          tried.push(lease.key)
          attempt.onEnd((ended, durationMs) => lease.end(ended, durationMs))
          return replica.handle(presentSlowness * workMs(call, attempt.retry))
        },
        { idempotent: true, hedgeable: true },
      )
      shot.durationMs = clock.now() - shot.beganMs
    } catch {
      // A failed call has no end: it was of no use.
    }
  }
}

function goodOf(shots: readonly Shot[]): number {
  return shots.filter(({ durationMs }) => durationMs < Infinity).length / shots.length
}

/** A replica that works on what it was given, whether somebody waits for it or not, in the order in which it came. */
class StubbornReplica {
  readonly #clock: SimulatedClock
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(clock: SimulatedClock) {
    this.#clock = clock
  }

  handle(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const run = () => {
        this.#running += 1
        this.#clock.setTimeout(() => {
          this.#running -= 1
          this.#waiting.shift()?.()
          this.#clock.setTimeout(resolve, wireMs)
        }, durationMs)
      }
      if (this.#running < workerCount) run()
      else this.#waiting.push(run)
    })
  }
}
