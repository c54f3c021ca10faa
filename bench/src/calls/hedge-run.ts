import { subscribe } from '@keelson/core/channels'
import { createHttpClient, type HttpClient } from '@keelson/http-client'
import { channel } from 'node:diagnostics_channel'
import { setTimeout as pause } from 'node:timers/promises'
import { poissonLoad } from './poisson-load.ts'
import { replicaCapacity, type ReplicaSet, startReplicaSet } from './replica-set.ts'
import { seededRandom } from './seeded-random.ts'
import { isSlow, type Tail } from './tail.ts'

/** What second attempts of slow reads did, stretch by stretch. */
export interface HedgeSample {
  readonly seed: number
  /** At half of the capacity. */
  readonly healthy: readonly HedgePair[]
  /** At 130 % of it. */
  readonly overload: readonly HedgePair[]
}

/** The same calls, at the same moments, with the same luck, without second attempts and with them. */
export interface HedgePair {
  readonly without: Stretch
  readonly with: Stretch
}

/** What came of the calls of one stretch. */
export interface Stretch {
  readonly durationsMs: readonly number[]
  readonly successCount: number
  /** Attempts of all calls. */
  readonly attemptCount: number
  /** Calls whose first attempt has a slow answer, as far as they were made. */
  readonly slowCount: number
  /** Of those, calls that had a second attempt. */
  readonly slowSecondCount: number
  /** Second attempts that went to the replica of the first. */
  readonly samePlaceCount: number
}

interface Plan {
  /** Share of what all replicas can do. */
  readonly load: number
  readonly durationMs: number
  readonly seed: number
  readonly firstCall: number
}

const replicaCount = 3
const healthyMs = 10_000
const overloadMs = 8_000

/** Longer than an attempt may take: replicas do the work of calls that were given up all the same. */
const settleMs = 1_500

/**
 * Calls replicas some of whose answers are slow, at half of their capacity and beyond it, with one client that makes second attempts and
 * one that does not, by turns.
 *
 * @param roundCount stretches of half of the capacity for each client; beyond it there are twice as many, since the successes of one differ
 * by more than what second attempts may cost
 */
export async function runHedge(tail: Tail, seed: number, roundCount: number): Promise<HedgeSample> {
  const replicas = await startReplicaSet(replicaCount)
  await replicas.addTail(tail)
  const clients = [openClient(replicas, seed, false), openClient(replicas, seed, {})] as const
  let pairCount = 0
  const pair = async (load: number, durationMs: number): Promise<HedgePair> => {
    const index = pairCount++
    const plan = { load, durationMs, seed: 1_000 * seed + index, firstCall: 100_000 * index }
    const isEven = index % 2 === 0
    const earlier = await stretch(clients[isEven ? 0 : 1], tail, plan)
    const later = await stretch(clients[isEven ? 1 : 0], tail, plan)
    return isEven ? { without: earlier, with: later } : { without: later, with: earlier }
  }
  const healthy: HedgePair[] = []
  const overload: HedgePair[] = []
  try {
    await pair(0.5, 3_000)
    for (let round = 0; round < roundCount; round++) healthy.push(await pair(0.5, healthyMs))
    for (let round = 0; round < 2 * roundCount; round++) overload.push(await pair(1.3, overloadMs))
    return { seed, healthy, overload }
  } finally {
    replicas.close()
    for (const client of clients) await client.close()
  }
}

function openClient({ addresses, port }: ReplicaSet, seed: number, hedge: false | object): HttpClient {
  const found = addresses.map((address) => ({ address, family: 4 as const }))
  return createHttpClient({
    service: 'bench',
    dependency: 'replicas',
    target: `http://replicas.bench:${port}`,
    resolver: {
      resolve: () => Promise.resolve(found),
      lookup: (_name, _options, answer) => answer(null, found),
    },
    hedge,
    random: seededRandom(seed),
  })
}

async function stretch(client: HttpClient, tail: Tail, plan: Plan): Promise<Stretch> {
  const places = new Map<number, (string | undefined)[]>()
  const note = (message: unknown) => {
    // Documented by undici: a request, and the socket that it is written to.
    const { request, socket } = message as {
      readonly request: { readonly path: string }
      readonly socket: { readonly remoteAddress?: string }
    }
    const call = Number(request.path.split('=')[1])
    places.set(call, [...(places.get(call) ?? []), socket.remoteAddress])
  }
  const sent = channel('undici:client:sendHeaders')
  sent.subscribe(note)
  let attemptCount = 0
  const end = subscribe('keelson.client.attempt', () => (attemptCount += 1))
  let call = plan.firstCall
  const shots = await poissonLoad(
    async () => String(await client.get(`/work?call=${call++}`)),
    plan.load * replicaCount * replicaCapacity,
    plan.durationMs,
    seededRandom(plan.seed),
  )
  end()
  sent.unsubscribe(note)
  await pause(settleMs)
  const slow = [...places].filter(([number]) => isSlow(tail, number, 0))
  return {
    durationsMs: shots.map(({ durationMs }) => durationMs),
    successCount: shots.filter(({ answer }) => answer !== undefined).length,
    attemptCount,
    slowCount: slow.length,
    slowSecondCount: slow.filter(([, at]) => at.length > 1).length,
    samePlaceCount: [...places.values()].filter(([first, second]) => first === second).length,
  }
}
