import { setTimeout as wait } from 'node:timers/promises'
import { startClients } from './client-load.ts'
import { slotCount, startFront, type Front, type FrontName } from './front.ts'
import { startReplica, type Replica } from './replica.ts'
import type { ReplicaStack } from './replica-stacks.ts'

/** One service behind one front, restarted under load. */
export interface RollingRestartOptions {
  readonly stack: ReplicaStack
  readonly front: FrontName
  readonly restarts: number
  /** Time that the service waits between the signal and the close, in milliseconds. */
  readonly waitMs: number
  /** When the front takes the replica from its list, after the signal: earliest and latest, in milliseconds. */
  readonly takenAfterMs: readonly [number, number]
  /** Delay of the network, one way, in milliseconds; HAProxy has none. */
  readonly delayMs: number
  /** Time that a replica has to end, in milliseconds. */
  readonly killAfterMs: number
  /** Flags of Node for the replicas. */
  readonly nodeFlags?: readonly string[]
  /** Ends the trial before its time. */
  readonly signal?: AbortSignal
  readonly onRestart?: (done: number) => void
}

/** What it cost. */
export interface RestartResult {
  readonly restarts: number
  readonly requests: number
  /** Failed requests by kind. */
  readonly failures: ReadonlyMap<string, number>
  /** How the replicas ended, with counts. */
  readonly ends: ReadonlyMap<string, number>
}

/** The load of the trial. */
const clientCounts = { busyCount: 16, idleCount: 8 } as const

/**
 * Pause of idle clients, as shares of the wait before the close: each has a request on which it can be told to leave.
 */
const idlePauseShares = [0.1, 0.8] as const

/** Replicas that serve; one more while a restart is under way. */
const replicaCount = slotCount - 1

/** From the moment a new replica is listed to the signal, and from the end of the old one to the next. */
const settleMs = 300

/**
 * Restarts replicas one after the other: a new one comes and is listed, the old one gets SIGTERM, the front learns of
 * it later, the old one ends or is killed.
 *
 * @throws the reason of `signal`
 */
export async function rollReplicas(options: RollingRestartOptions): Promise<RestartResult> {
  const { stack, waitMs, nodeFlags = [], restarts, signal, onRestart } = options
  await using front = await startFront(options.front, options.delayMs)
  await using replicas = new AsyncDisposableStack()
  const start = async () => replicas.use(await startReplica({ stack, waitMs, nodeFlags }))
  const ends = new Map<string, number>()

  const listed: { slot: number; replica: Replica }[] = []
  for (let slot = 0; slot < replicaCount; slot++) {
    const replica = await start()
    await front.put(slot, replica.address)
    listed.push({ slot, replica })
  }
  let freeSlot = replicaCount
  const clients = startClients({
    ...clientCounts,
    idlePauseMs: [options.waitMs * idlePauseShares[0], options.waitMs * idlePauseShares[1]],
    nextAddress: () => front.nextAddress(),
  })
  try {
    await wait(settleMs)
    for (let done = 0; done < restarts; done++) {
      signal?.throwIfAborted()
      const replica = await start()
      await front.put(freeSlot, replica.address)
      listed.push({ slot: freeSlot, replica })
      await wait(settleMs)
      const old = listed.shift()
      if (old === undefined) break
      const end = await unlessAborted(stopOne(old.replica, old.slot, front, options), signal)
      ends.set(end, (ends.get(end) ?? 0) + 1)
      freeSlot = old.slot
      onRestart?.(done + 1)
      await wait(settleMs)
    }
  } finally {
    await clients.end()
  }
  return { restarts, requests: clients.requestCount, failures: clients.failures, ends }
}

async function stopOne(
  replica: Replica,
  slot: number,
  front: Front,
  { takenAfterMs: [earliest, latest], killAfterMs }: RollingRestartOptions,
): Promise<string> {
  const taken = wait(earliest + Math.random() * (latest - earliest)).then(() => front.take(slot))
  const [end] = await Promise.all([replica.stop(killAfterMs), taken])
  return end
}

/** Waits for the work, or rejects with the reason of the signal. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error) // the bench aborts with an error
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
