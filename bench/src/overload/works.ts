import { setTimeout as wait } from 'node:timers/promises'

/** What a request makes a replica do. */
export interface Work {
  /** Requests per second that a replica can do at most, by its own clock. */
  readonly capacity: number
  /** Time of a request in milliseconds when it has the replica for itself. */
  readonly unloadedMs: number
  readonly handler: () => unknown
}

const slotCount = 8
const slotMs = 20
let busy = 0
const waiting: (() => void)[] = []

async function useSlot(): Promise<object> {
  if (busy < slotCount) busy += 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
  await wait(slotMs)
  const next = waiting.shift()
  if (next === undefined) busy -= 1
  else next()
  return { done: true }
}

/** By the clock of the wall and not by a count of steps: what else runs on the machine does not change the capacity. */
function spin(durationMs: number): object {
  const endMs = performance.now() + durationMs
  while (performance.now() < endMs);
  return { done: true }
}

/** Name of a work. */
export type WorkName = 'pool' | 'cpu' | 'awaited cpu' | 'late cpu'

/**
 * A pool of eight places, 20 ms each; a handler that holds the loop for 5 ms; one that does so behind an `await`, as most do; one
 * that does so after waiting for 10 ms.
 */
export const works: Readonly<Record<WorkName, Work>> = {
  pool: { capacity: (slotCount * 1_000) / slotMs, unloadedMs: slotMs, handler: useSlot },
  cpu: { capacity: 200, unloadedMs: 5, handler: () => spin(5) },
  'awaited cpu': {
    capacity: 200,
    unloadedMs: 5,
    handler: async () => {
      await Promise.resolve()
      return spin(5)
    },
  },
  'late cpu': {
    capacity: 200,
    unloadedMs: 15,
    handler: async () => {
      await wait(10)
      return spin(5)
    },
  },
}
