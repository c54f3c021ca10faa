import { isKeelsonError } from '@keelson/core/errors'
import { seededRandom } from '../calls/seeded-random.ts'
import { type CallPolicy, type Layer, passedOn } from './policies.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { type Cold, type ReplicaFault, replicaCapacity, SimulatedReplica } from './simulated-replica.ts'

/** A piece of a scenario. */
export interface Phase {
  readonly durationMs: number
  /** Calls as a share of what all replicas can do. */
  readonly load: number
  /** What is wrong with the first replica, or with all of them. */
  readonly fault?: { readonly kind: ReplicaFault; readonly all: boolean }
  /** What all replicas lack at its beginning. */
  readonly cold?: Cold
}

/** What users saw of one phase. */
export interface PhaseResult {
  readonly callCount: number
  /** Share of the calls that were answered within the users' patience, 0 to 1. */
  readonly goodput: number
  /** 99th percentile of the good answers, in milliseconds. */
  readonly p99Ms: number
  /** Requests at the replicas per call. */
  readonly amplification: number
  /** Share of the requests that came to the first replica. */
  readonly firstShare: number
  /** Milliseconds until a second began in which 95 % were good; `Infinity` when none did. */
  readonly recoveredMs: number
  /** Calls of the phase that failed, by what failed them. */
  readonly failures: Readonly<Record<string, number>>
}

/** Time after which users have gone, in milliseconds. */
const patienceMs = 1_000
const replicaCount = 3
/** Processes of the service in the middle. */
const middleCount = 4

interface Shot {
  readonly beganMs: number
  durationMs: number
  failedBy?: string
}

/**
 * Simulates users → 4 processes of a service → 3 replicas of another, with one policy in both layers.
 *
 * @param seed decides over arrivals, service times and choices
 * @param admits whether the replicas bound their backlog
 */
export async function simulate(
  policy: CallPolicy,
  phases: readonly Phase[],
  seed: number,
  admits: boolean = policy.admits,
): Promise<readonly PhaseResult[]> {
  const clock = new SimulatedClock()
  // A stream of luck for each: what one of them draws, in this version of the code or the next, changes nothing for the others, so that
  // all policies meet the same users.
  const seedOf = seededRandom(seed)
  const newRandom = () => seededRandom(Math.floor(seedOf() * 2 ** 32))
  const arrivalRandom = newRandom()
  const replicas = Array.from(
    { length: replicaCount },
    () => new SimulatedReplica(clock, newRandom(), admits),
  )
  const middles = Array.from({ length: middleCount }, () =>
    policy.open({
      name: 'replicas',
      callees: replicas,
      clock,
      random: newRandom(),
      attemptTimeoutMs: 300,
      timeoutMs: patienceMs,
    }),
  )
  const users = policy.open({
    name: 'middle',
    callees: middles.map((layer) => ({ handle: () => layer.call() })),
    clock,
    random: newRandom(),
    attemptTimeoutMs: patienceMs,
    timeoutMs: patienceMs,
  })
  // The breaker's library is loaded in real time, in which no simulated time must pass.
  await Promise.all([users, ...middles].map((layer) => layer.ready()))
  const results: PhaseResult[] = []
  for (const phase of phases) results.push(await runPhase(phase))
  for (const layer of [users, ...middles]) await close(layer, clock)
  return results

  async function runPhase({ durationMs, load, fault, cold = {} }: Phase): Promise<PhaseResult> {
    replicas.forEach((replica, index) => {
      replica.fault = fault !== undefined && (fault.all || index === 0) ? fault.kind : 'none'
      replica.chill(cold)
    })
    const beganMs = clock.now()
    const [totalBefore, firstBefore] = arrivals()
    const shots: Shot[] = []
    const rate = load * replicaCount * replicaCapacity
    for (let dueMs = 0; ; ) {
      dueMs -= (Math.log(1 - arrivalRandom()) * 1_000) / rate
      if (dueMs >= durationMs) break
      clock.setTimeout(() => shoot(shots), dueMs)
    }
    await clock.runUntil(beganMs + durationMs)
    const [total, first] = arrivals()
    const ended = shots.filter((shot) => shot.beganMs < clock.now() - patienceMs)
    const good = ended.filter(isGood)
    const sorted = good.map((shot) => shot.durationMs).toSorted((a, b) => a - b)
    return {
      callCount: ended.length,
      goodput: good.length / ended.length,
      p99Ms: sorted[Math.floor(0.99 * sorted.length)] ?? Number.NaN,
      amplification: (total - totalBefore) / shots.length,
      firstShare: (first - firstBefore) / Math.max(1, total - totalBefore),
      recoveredMs: recoveredAfter(ended, beganMs, durationMs),
      failures: countFailures(ended),
    }
  }

  function arrivals(): readonly [total: number, first: number] {
    return [replicas.reduce((sum, { arrivalCount }) => sum + arrivalCount, 0), replicas[0]?.arrivalCount ?? 0]
  }

  function shoot(shots: Shot[]): void {
    const shot: Shot = { beganMs: clock.now(), durationMs: Infinity }
    shots.push(shot)
    void endOf(shot)
  }

  async function endOf(shot: Shot): Promise<void> {
    try {
      await users.call()
      shot.durationMs = clock.now() - shot.beganMs
    } catch (error) {
      // A failed call has no end: it was of no use.
      shot.failedBy = causesOf(error).join(' < ')
    }
  }
}

function countFailures(shots: readonly Shot[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { failedBy } of shots.filter((shot) => !isGood(shot))) {
    const name = failedBy ?? 'too late'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Codes of an error and its causes, the refusal that each layer makes of them left out. */
function causesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  const rest = causesOf(error.cause)
  const name = isKeelsonError(error)
    ? error.code.replace(/^KEELSON_(RESILIENCE|SIMULATION)_/, '')
    : error.message
  return error.message === passedOn && rest.length > 0 ? rest : [name, ...rest]
}

function isGood({ durationMs }: Shot): boolean {
  return durationMs <= patienceMs
}

function recoveredAfter(shots: readonly Shot[], beganMs: number, durationMs: number): number {
  for (let atMs = 0; atMs + 1_000 <= durationMs - patienceMs; atMs += 100) {
    const second = shots.filter(
      (shot) => shot.beganMs >= beganMs + atMs && shot.beganMs < beganMs + atMs + 1_000,
    )
    if (second.filter(isGood).length >= 0.95 * second.length) return atMs
  }
  return Infinity
}

/** Calls under way end by their time limits; what waits for them must not wait for ever. */
async function close(layer: Layer, clock: SimulatedClock): Promise<void> {
  await clock.runUntil(clock.now() + 2 * patienceMs)
  await layer.close()
}
