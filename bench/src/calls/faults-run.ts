import { channel } from 'node:diagnostics_channel'
import type { Caller, Contender } from './contenders.ts'
import { type FaultName, replicaCapacity, type ReplicaSet, startReplicaSet } from './replica-set.ts'

/** What one client did about one replica of three that failed. */
export interface FaultSample {
  readonly fault: FaultName
  readonly contender: string
  /** Share of the calls that succeeded, 0 to 1. */
  readonly successRatio: number
  /** Requests per call. */
  readonly amplification: number
  /** Share of the requests that went to the bad replica, from 2 s after the fault on. */
  readonly badRatio: number
  /** 99th percentile of the calls, in milliseconds, from 2 s after the fault on. */
  readonly lateP99Ms: number
}

export const faultNames: readonly FaultName[] = ['refused', 'black hole', '503', 'slow x20']

const replicaCount = 3
/** 60 % of what all replicas can do. */
const ratePerSecond = 0.6 * replicaCount * replicaCapacity
const healthyMs = 1_500
const earlyMs = 2_000
const lateMs = 4_000

/** Lets one of three replicas fail under load, and sees what a client does. */
export async function runFault(contender: Contender, fault: FaultName): Promise<FaultSample> {
  const replicas = await startReplicaSet(replicaCount)
  const caller = contender.open(replicas.addresses, replicas.port)
  try {
    await load(caller, replicas, healthyMs)
    await replicas.fail(fault)
    const early = await load(caller, replicas, earlyMs)
    const late = await load(caller, replicas, lateMs)
    const callCount = early.durations.length + late.durations.length
    const sorted = late.durations.toSorted((a, b) => a - b)
    return {
      fault,
      contender: contender.name,
      successRatio: (early.successCount + late.successCount) / callCount,
      amplification: (early.requestCount + late.requestCount) / callCount,
      badRatio: (late.requestCount - late.goodCount) / late.requestCount,
      lateP99Ms: sorted[Math.floor(0.99 * sorted.length)] ?? 0,
    }
  } finally {
    replicas.close()
    await caller.close()
  }
}

interface LoadResult {
  readonly durations: readonly number[]
  readonly successCount: number
  /** Answers of the replicas that are well. */
  readonly goodCount: number
  readonly requestCount: number
}

/** Calls at a steady rate, whatever becomes of them. */
async function load(caller: Caller, { addresses }: ReplicaSet, durationMs: number): Promise<LoadResult> {
  const durations: number[] = []
  let successCount = 0
  let goodCount = 0
  let requestCount = 0
  const count = () => (requestCount += 1)
  const created = channel('undici:request:create')
  created.subscribe(count)
  const calls: Promise<void>[] = []
  const startedAt = performance.now()
  for (let index = 0; index < (ratePerSecond * durationMs) / 1_000; index++) {
    const waitMs = startedAt + (index * 1_000) / ratePerSecond - performance.now()
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
    calls.push(once())
  }
  await Promise.all(calls)
  created.unsubscribe(count)
  return { durations, successCount, goodCount, requestCount }

  async function once(): Promise<void> {
    const begunAt = performance.now()
    const answer = await caller.call().catch(() => undefined)
    durations.push(performance.now() - begunAt)
    if (answer === undefined) return
    successCount += 1
    if (answer !== addresses[0]) goodCount += 1
  }
}
