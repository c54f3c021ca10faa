import { checkOptions, optionRules } from '../errors/index.ts'
import { usedOfContainer } from './pressure.ts'

/** When memory that runs short is acted upon. */
export interface MemoryGuardOptions {
  /**
   * Share of the heap's limit that major collections leave in use, at which a heap snapshot is due.
   *
   * @range 0 to 1; 0: never
   * @defaultValue 0
   */
  readonly snapshotRatio?: number
  /**
   * Least time between two snapshots, in milliseconds.
   *
   * @range 0 to 2,147,483,647
   * @defaultValue 3600000 — a leak looks the same for hours, and each one stops the process for seconds
   */
  readonly snapshotIntervalMs?: number
  /**
   * Share of the heap's limit (as above) or of the container's memory at which the process had better restart. Each
   * process takes up to a tenth off, so that replicas that leak at one pace do not restart together.
   *
   * @range 0 to 1; 0: never
   * @defaultValue 0
   */
  readonly restartRatio?: number
  /**
   * Age below which a process does not restart of its own accord, in milliseconds: what fills its memory at once would do
   * so again.
   *
   * @range 0 to 2,147,483,647
   * @defaultValue 600000 — Kubernetes forgets a container's earlier restarts after ten minutes
   */
  readonly restartAgeMs?: number
  /** Source of the spread, 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number
}

/** Defaults of {@link MemoryGuardOptions}. */
export const memoryGuardDefaults: {
  readonly snapshotRatio: number
  readonly snapshotIntervalMs: number
  readonly restartRatio: number
  readonly restartAgeMs: number
} = Object.freeze({
  snapshotRatio: 0,
  snapshotIntervalMs: 3_600_000,
  restartRatio: 0,
  restartAgeMs: 600_000,
})

/** One look at memory. */
export interface MemoryLook {
  /** Size of the old generation at which V8 ends the process. */
  readonly oldSpaceLimitBytes: number
  /** What the last major collection has left of the old generation; `undefined` before the first. */
  readonly collectedBytes: number | undefined
  /** Major collections so far. */
  readonly collectionCount: number
  readonly rssBytes: number | undefined
  readonly workingSetBytes: number | undefined
  readonly containerLimitBytes: number | undefined
}

/** What is due, and why, for people. */
export interface MemoryRelief {
  readonly action: 'snapshot' | 'restart'
  readonly reason: string
}

/** Says at each look what is due; a restart is said once. */
export type MemoryGuard = (nowMs: number, look: MemoryLook) => MemoryRelief | undefined

/** What is taken off the restart's ratio at most, as a share of it. */
const SPREAD = 0.1

// Two in a row: a single collection may have begun before garbage was garbage.
const COLLECTIONS = 2
// The kernel's figures have no collections: memory that is short for so many looks in a row is no burst.
const LOOKS = 5

const MAX_MS = 2_147_483_647

/**
 * Makes a guard. The heap is judged by what major collections leave, never by what is in use: before a collection that
 * may be anything up to the limit.
 *
 * @param startedAtMs monotonic milliseconds at which the process began
 * @throws KEELSON_LIFECYCLE_OPTIONS_INVALID
 */
export function createMemoryGuard(startedAtMs: number, options: MemoryGuardOptions = {}): MemoryGuard {
  checkOptions('KEELSON_LIFECYCLE_OPTIONS_INVALID', 'memoryGuard', options, {
    snapshotRatio: optionRules.number({ min: 0, max: 1 }),
    snapshotIntervalMs: optionRules.number({ min: 0, max: MAX_MS }),
    restartRatio: optionRules.number({ min: 0, max: 1 }),
    restartAgeMs: optionRules.number({ min: 0, max: MAX_MS }),
    random: optionRules.function,
  })
  const { snapshotRatio, snapshotIntervalMs, restartRatio, restartAgeMs } = {
    ...memoryGuardDefaults,
    ...options,
  }
  const restartShare = restartRatio * (1 - SPREAD * (options.random ?? Math.random)())
  const snapshotHeap = createRun(COLLECTIONS)
  const restartHeap = createRun(COLLECTIONS)
  const restartContainer = createRun(LOOKS)
  let seenCollections = 0
  let snapshotAtMs = Number.NEGATIVE_INFINITY
  let isRestarting = false

  return (nowMs, look) => {
    const heapShare = (look.collectedBytes ?? 0) / look.oldSpaceLimitBytes
    const containerShare = usedOfContainer(look) / (look.containerLimitBytes ?? Number.POSITIVE_INFINITY)
    if (look.collectionCount !== seenCollections) {
      seenCollections = look.collectionCount
      snapshotHeap.add(snapshotRatio > 0 && heapShare >= snapshotRatio)
      restartHeap.add(restartShare > 0 && heapShare >= restartShare)
    }
    restartContainer.add(restartShare > 0 && containerShare >= restartShare)

    const isOld = nowMs - startedAtMs >= restartAgeMs
    const isShort = restartHeap.isFull() || restartContainer.isFull()
    // Before a restart that is due anyway: what grew would be gone with it.
    if (snapshotHeap.isFull() && nowMs - snapshotAtMs >= snapshotIntervalMs && !isRestarting) {
      snapshotAtMs = nowMs
      return {
        action: 'snapshot',
        reason: `Major collections leave ${percent(heapShare)} of the heap in use.`,
      }
    }
    if (!isShort || !isOld || isRestarting) return undefined
    isRestarting = true
    return {
      action: 'restart',
      reason: restartHeap.isFull()
        ? `Major collections leave ${percent(heapShare)} of the heap in use.`
        : `${percent(containerShare)} of the container's memory is in use.`,
    }
  }
}

/** Counts what was true so many times in a row. */
function createRun(length: number): { add(isTrue: boolean): void; isFull(): boolean } {
  let count = 0
  return {
    add(isTrue) {
      count = isTrue ? Math.min(length, count + 1) : 0
    },
    isFull: () => count === length,
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
