import v8 from 'node:v8'

/** Memory of this process at one moment, in bytes. */
export interface MemoryVitals {
  readonly heapUsedBytes: number
  /** Most that both generations may take, as V8 reports it; it ends the process at `oldSpaceLimitBytes`. */
  readonly heapLimitBytes: number
  /** Memory outside of the heap that objects of the heap hold: buffers above all. */
  readonly externalBytes: number
  /** Memory of the process in RAM; `undefined` when it could not be read. */
  readonly rssBytes: number | undefined
}

/**
 * Reads the memory of this process; never throws. V8's figures need no file; the resident size does, and Node throws
 * EMFILE when the process has none left, which in a timer would end it.
 */
export function readMemoryVitals(): MemoryVitals {
  const heap = v8.getHeapStatistics()
  return {
    heapUsedBytes: heap.used_heap_size,
    heapLimitBytes: heap.heap_size_limit,
    externalBytes: heap.external_memory,
    rssBytes: readResidentBytes(),
  }
}

/** Memory of the heap in use outside of the young generation: what V8 holds against its limit. */
export function readOldSpaceUsedBytes(): number {
  return v8
    .getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0)
}

function readResidentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss()
  } catch {
    return undefined
  }
}
