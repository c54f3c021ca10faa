import { subscribe } from '@keelson/core/channels'
import { createHttpClient } from '@keelson/http-client'
import { quantile } from '../statistics.ts'
import { poissonLoad } from './poisson-load.ts'
import { replicaCapacity, startReplicaSet } from './replica-set.ts'
import { seededRandom } from './seeded-random.ts'

/** What second attempts of slow reads did. */
export interface HedgeSample {
  readonly seed: number
  readonly hedged: boolean
  /** 99th percentile at 50 % load, in milliseconds. */
  readonly healthyP99Ms: number
  /** Attempts per call at 50 % load. */
  readonly amplification: number
  /** Share of the calls that succeeded at 130 % load. */
  readonly overloadGoodput: number
}

const replicaCount = 3
const capacityPerSecond = replicaCount * replicaCapacity

/** Calls replicas one of whose answers in 25 is slow, first at half of their capacity, then beyond it. */
export async function runHedge(hedged: boolean, seed: number): Promise<HedgeSample> {
  const random = seededRandom(seed)
  const replicas = await startReplicaSet(replicaCount)
  await replicas.addTail()
  const found = replicas.addresses.map((address) => ({ address, family: 4 as const }))
  const client = createHttpClient({
    service: 'bench',
    dependency: 'replicas',
    target: `http://replicas.bench:${replicas.port}`,
    resolver: {
      resolve: () => Promise.resolve(found),
      lookup: (_name, _options, answer) => answer(null, found),
    },
    hedge: hedged ? {} : false,
    random,
  })
  const call = async () => String(await client.get('/work'))
  let attemptCount = 0
  const end = subscribe('keelson.client.attempt', () => (attemptCount += 1))
  try {
    await poissonLoad(call, 0.5 * capacityPerSecond, 2_000, random)
    attemptCount = 0
    const healthy = await poissonLoad(call, 0.5 * capacityPerSecond, 10_000, random)
    const amplification = attemptCount / healthy.length
    const overload = await poissonLoad(call, 1.3 * capacityPerSecond, 8_000, random)
    return {
      seed,
      hedged,
      healthyP99Ms: quantile(
        healthy.map(({ durationMs }) => durationMs),
        0.99,
      ),
      amplification,
      overloadGoodput: overload.filter(({ answer }) => answer !== undefined).length / overload.length,
    }
  } finally {
    end()
    replicas.close()
    await client.close()
  }
}
