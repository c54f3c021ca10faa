import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { quantile } from '../statistics.ts'
import { type Connections, type LoadPlan, runLoad, type Sample, seededRandom } from './overload-load.ts'
import { type Work, type WorkName, works } from './works.ts'

/** What one replica did about too much work. Shares are from 0 to 1. */
export interface OverloadSample {
  readonly work: WorkName
  readonly guard: string
  readonly connections: Connections
  /** 99th percentile at 30 % load, in milliseconds. */
  readonly unloadedP99Ms: number
  /** Share of the requests that were refused at 90 % load. */
  readonly refusedRatio: number
  /** Answers within the callers' patience at twice the capacity, as a share of the capacity. */
  readonly goodputRatio: number
  /** Of those answers, in milliseconds. */
  readonly acceptedP99Ms: number
  /** Share of the critical requests, 60 % of the capacity, that succeeded. */
  readonly criticalRatio: number
  /** Of the refusals, in milliseconds; 0 without any. */
  readonly refusedP99Ms: number
  /**
   * Milliseconds from the end of a burst of 3 s of three times the capacity, with 75 % after it, from which on at least
   * 98 % succeeded; `Infinity` when that did not come within 9 s.
   */
  readonly recoveryMs: number
}

const program = `${import.meta.dirname}/replica.ts`
const patienceMs = 1_000
const burstMs = 3_000

/**
 * Overloads one replica in a process of its own.
 *
 * @param seconds length of the overload
 */
export async function runOverload(
  work: WorkName,
  guard: string,
  connections: Connections,
  seed: number,
  seconds: number,
): Promise<OverloadSample> {
  const { capacity }: Work = works[work]
  const { child, port } = await startReplica(work, guard)
  const random = seededRandom(seed)
  const load = (share: number | ((atMs: number) => number), plan: Partial<LoadPlan>) =>
    runLoad({
      port,
      random,
      patienceMs,
      connections,
      deadlines: false,
      critical: 0,
      sheddable: 0,
      durationMs: 0,
      ratePerSecond: (atMs) => capacity * (typeof share === 'number' ? share : share(atMs)),
      ...plan,
    })
  try {
    // Compiles what will be hot.
    await load(0.3, { durationMs: 2_000 })
    const quiet = await load(0.3, { durationMs: 3_000 })
    const busy = await load(0.9, { durationMs: 5_000 })
    const durationMs = seconds * 1_000
    const over = await load(2, { durationMs, critical: 0.3, sheddable: 0.3 })
    const burst = await load((atMs) => (atMs < burstMs ? 3 : 0.75), { durationMs: burstMs + 9_500 })
    const done = over.filter(isDone)
    const critical = over.filter((sample) => sample.class === 'critical')
    return {
      work,
      guard,
      connections,
      unloadedP99Ms: p99(quiet),
      refusedRatio: busy.filter(({ outcome }) => outcome === 'shed').length / busy.length,
      goodputRatio: done.length / seconds / capacity,
      acceptedP99Ms: p99(done),
      criticalRatio: critical.filter(isDone).length / critical.length,
      refusedP99Ms: p99(over.filter(({ outcome }) => outcome === 'shed')),
      recoveryMs: recoveryOf(burst),
    }
  } finally {
    child.kill('SIGKILL')
  }
}

async function startReplica(work: WorkName, guard: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['--conditions=keelson-source', program, '0', work, guard], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line]: unknown[] = await once(child.stdout, 'data')
  return { child, port: Number(String(line)) }
}

function isDone({ outcome }: Sample): boolean {
  return outcome === 'done'
}

function p99(samples: readonly Sample[]): number {
  if (samples.length === 0) return 0
  return quantile(
    samples.map(({ durationMs }) => durationMs),
    0.99,
  )
}

function recoveryOf(burst: readonly Sample[]): number {
  for (let fromMs = burstMs; fromMs <= burstMs + 9_000; fromMs += 250) {
    const later = burst.filter(({ sentAtMs }) => sentAtMs >= fromMs)
    if (later.filter(isDone).length / later.length >= 0.98) return fromMs - burstMs
  }
  return Number.POSITIVE_INFINITY
}
