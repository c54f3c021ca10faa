import { constants, PerformanceObserver } from 'node:perf_hooks'
import v8 from 'node:v8'
import { channel } from '../channels/index.ts'
import { type Clock, systemClock } from '../clock/index.ts'
import { createLeakDetector, leakDetectorDefaults, type LeakEstimate } from './leak-detector.ts'

/** Whose heap is watched, and against what. */
export interface LeakWatchOptions {
  /** Name of the service, for the facts that are published. */
  readonly service: string
  /** Size of the heap at which the process ends, in bytes. */
  readonly limitBytes: number
  /**
   * Length of a window of the fast look, in milliseconds; the slow look takes thirty times as long, for leaks that
   * are lost in the noise of minutes.
   *
   * @range above 0
   * @defaultValue 60000
   */
  readonly windowMs?: number
  readonly clock?: Clock
  /** Calls back after every major collection, and returns what ends that. @defaultValue the collector of this thread */
  readonly onMajorCollection?: (listener: (oldSpaceBytes: number) => void) => () => void
}

/** What is known of the heap now. */
export interface LeakState extends LeakEstimate {
  /** Time until the floor reaches the limit, in milliseconds; `undefined` unless it grows. */
  readonly timeToLimitMs: number | undefined
  /** What the last major collection has left of the old generation, in bytes; `undefined` before the first. */
  readonly collectedBytes: number | undefined
  /** Major collections so far; those of one turn of the loop count as one. */
  readonly collectionCount: number
}

/** Watches the floor of the old generation. */
export interface LeakWatch {
  readonly state: LeakState
  close(): void
}

const SLOW_FACTOR = 30

/**
 * Watches what major collections leave of the old generation, in windows of a minute and of half an hour; a leak in
 * either is one. Every change of the verdict is published once.
 */
export function createLeakWatch({
  service,
  limitBytes,
  windowMs = leakDetectorDefaults.windowMs,
  clock = systemClock,
  onMajorCollection = observeMajorCollections,
}: LeakWatchOptions): LeakWatch {
  const fast = createLeakDetector({ windowMs })
  const slow = createLeakDetector({ windowMs: windowMs * SLOW_FACTOR })
  let state: LeakState = {
    ...stateOf(fast.estimate, limitBytes),
    collectedBytes: undefined,
    collectionCount: 0,
  }
  const stop = onMajorCollection((oldSpaceBytes) => {
    const atMs = clock.monotonic()
    fast.observe(atMs, oldSpaceBytes)
    slow.observe(atMs, oldSpaceBytes)
    const { verdict: before, collectionCount } = state
    const judged = stateOf(
      fast.estimate.verdict !== 'growing' && slow.estimate.verdict === 'growing'
        ? slow.estimate
        : fast.estimate,
      limitBytes,
    )
    state = { ...judged, collectedBytes: oldSpaceBytes, collectionCount: collectionCount + 1 }
    if (state.verdict !== before) channel('keelson.leak.verdict').publish({ service, limitBytes, ...judged })
  })
  return {
    get state() {
      return state
    },
    close: stop,
  }
}

function stateOf(
  estimate: LeakEstimate,
  limitBytes: number,
): Omit<LeakState, 'collectedBytes' | 'collectionCount'> {
  const { verdict, bytesPerMinute, floorBytes } = estimate
  return {
    ...estimate,
    timeToLimitMs:
      verdict === 'growing' ? (Math.max(0, limitBytes - floorBytes) / bytesPerMinute) * 60_000 : undefined,
  }
}

/** Reports the old generation after every major collection of this thread. */
function observeMajorCollections(listener: (oldSpaceBytes: number) => void): () => void {
  const observer = new PerformanceObserver((list) => {
    // One list holds every pause since the last turn of the loop; what the heap holds now is known once.
    if (list.getEntries().some(isMajor)) listener(readOldSpaceBytes())
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => {
    observer.disconnect()
  }
}

function isMajor(entry: object): boolean {
  const detail = 'detail' in entry ? entry.detail : undefined
  return (
    typeof detail === 'object' &&
    detail !== null &&
    'kind' in detail &&
    detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR
  )
}

/** What has survived: everything but the young generation. */
function readOldSpaceBytes(): number {
  return v8
    .getHeapSpaceStatistics()
    .filter(({ space_name: name }) => name === 'old_space' || name === 'large_object_space')
    .reduce((sum, space) => sum + space.space_used_size, 0)
}
