import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpClient } from '@keelson/http-client'
import { findFreePort } from '../restarts/free-port.ts'
import { poissonLoad, type Shot } from './poisson-load.ts'
import { type OutageName, replicaCapacity, startReplicaSet } from './replica-set.ts'
import { seededRandom } from './seeded-random.ts'

/** What two layers of keelson did about the loss of all replicas. */
export interface OutageSample {
  readonly seed: number
  /** Requests at the replicas per call of a user, during the whole outage. */
  readonly amplification: number
  /** The same, without the first 3 s. */
  readonly lateAmplification: number
  /** Median time of a failed call after the first 3 s, in milliseconds. */
  readonly failMs: number
  /** CPU of the service in the middle during the outage ÷ before it, per second. */
  readonly cpuRatio: number
  /** Time in milliseconds after its end at which a second begins in which 95 % of the calls succeed. */
  readonly recoveredMs: number
  /** Share of the calls that succeeded from 3 s after its end on, 0 to 1. */
  readonly laterGoodput: number
}

export const outageNames: readonly OutageName[] = ['503', 'black hole']

const replicaCount = 3
const ratePerSecond = 0.6 * replicaCount * replicaCapacity
const healthyMs = 5_000
const openMs = 3_000
const recoveryMs = 10_000
/** Step in which the recovery is looked for, in milliseconds. */
const pieceMs = 100
/** From when on a recovered system is judged, in milliseconds. */
const judgedFromMs = 3_000

/**
 * Loses all replicas of a service for a while: users → keelson → service → keelson → replicas.
 *
 * @param outageMs length of the outage in milliseconds
 */
export async function runOutage(outage: OutageName, seed: number, outageMs: number): Promise<OutageSample> {
  const random = seededRandom(seed)
  const replicas = await startReplicaSet(replicaCount)
  const port = await findFreePort()
  const relay = spawn(
    process.execPath,
    [
      '--conditions=keelson-source',
      `${import.meta.dirname}/relay.ts`,
      String(port),
      String(replicas.port),
      ...replicas.addresses,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(relay.stdout, 'data')
  const target = `http://127.0.0.1:${port}`
  const client = createHttpClient({ service: 'users', dependency: 'relay', target, random })
  const call = async () => String(await client.get('/work'))
  const load = (durationMs: number) => poissonLoad(call, ratePerSecond, durationMs, random)
  /** What the relay sent is what would have arrived: a frozen process counts nothing. */
  const usage = async () => {
    const answer: unknown = await (await fetch(`${target}/usage`)).json()
    return answer as { cpuMicros: number; attemptCount: number } // what relay.ts answers
  }
  try {
    await load(2_000)
    const start = await usage()
    await load(healthyMs)
    const before = await usage()
    await replicas.failAll(outage)
    const early = load(outageMs)
    await sleep(openMs)
    const opened = await usage()
    const shots = await early
    const after = await usage()
    await replicas.restoreAll()
    const recovery = await load(recoveryMs)
    const late = shots.filter(({ beganMs }) => beganMs > openMs)
    const failures = late
      .filter(({ answer }) => answer === undefined)
      .map(({ durationMs }) => durationMs)
      .toSorted((a, b) => a - b)
    return {
      seed,
      amplification: (after.attemptCount - before.attemptCount) / shots.length,
      lateAmplification: (after.attemptCount - opened.attemptCount) / late.length,
      failMs: failures[Math.floor(failures.length / 2)] ?? 0,
      cpuRatio:
        (after.cpuMicros - before.cpuMicros) / outageMs / ((before.cpuMicros - start.cpuMicros) / healthyMs),
      recoveredMs: recoveredAfter(recovery),
      laterGoodput: goodputOf(recovery.filter(({ beganMs }) => beganMs >= judgedFromMs)),
    }
  } finally {
    relay.kill('SIGKILL')
    replicas.close()
    await client.close()
  }
}

function recoveredAfter(shots: readonly Shot[]): number {
  for (let beginMs = 0; beginMs < recoveryMs; beginMs += pieceMs) {
    const second = shots.filter(({ beganMs }) => beganMs >= beginMs && beganMs < beginMs + 1_000)
    if (goodputOf(second) >= 0.95) return beginMs
  }
  return Infinity
}

function goodputOf(shots: readonly Shot[]): number {
  return shots.filter(({ answer }) => answer !== undefined).length / shots.length
}
