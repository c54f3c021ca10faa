import { mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8'
import { readLimits, readMemoryVitals, usedOfContainer } from '@keelson/core/limits'

/** Where heap snapshots go. */
export interface HeapSnapshotOptions {
  readonly folder: string
  /** Begins the name of the file. */
  readonly name: string
}

/** Why a snapshot was not written, in a sentence for people. */
export type SnapshotRefusal = { readonly refusal: string }

/** Writes heap snapshots, one file at most: a later one takes the place of the one before. */
export interface HeapSnapshots {
  /** Stops the process for seconds. What the system says while it writes is thrown. */
  write(): { readonly file: string } | SnapshotRefusal
}

// Measured for heaps of 40 to 100 MiB, Node 24.21: 7 times the heap of memory for small objects and short texts, 0.2 times for
// numbers; 1.6 to 1.9 times the heap on the disk.
const MEMORY_FACTOR = 7
const DISK_FACTOR = 3

/** How long after a snapshot no other is written, in milliseconds, whoever asks: each stops the process for seconds. */
export const SNAPSHOT_EVERY_MS = 300_000

/** Makes the writer of a service's snapshots. There is one, so that no two are written at once or soon after each other. */
export function createHeapSnapshots({ folder, name }: HeapSnapshotOptions): HeapSnapshots {
  let writtenAtMs = Number.NEGATIVE_INFINITY
  return {
    write() {
      const sinceMs = performance.now() - writtenAtMs
      if (sinceMs < SNAPSHOT_EVERY_MS) {
        return {
          refusal: `The last snapshot is ${Math.round(sinceMs / 1_000)} s old. Wait ${SNAPSHOT_EVERY_MS / 1_000} s between two.`,
        }
      }
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const started = `${name}.heapsnapshot.new`
      // What a process left that was ended in the middle of one would fill the disk.
      rmSync(join(folder, started), { force: true })
      const refusal = roomRefusal(folder)
      if (refusal !== undefined) return { refusal }
      writtenAtMs = performance.now()
      const file = join(folder, `${name}.heapsnapshot`)
      try {
        writeHeapSnapshot(join(folder, started))
        renameSync(join(folder, started), file)
      } catch (error) {
        rmSync(join(folder, started), { force: true })
        throw error
      }
      return { file }
    },
  }
}

/** A snapshot must neither fill the disk nor make the kernel kill the process that it is to explain. */
function roomRefusal(folder: string): string | undefined {
  const heapBytes = getHeapStatistics().used_heap_size
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < heapBytes * DISK_FACTOR) return `There is not enough room in ${folder} for a snapshot.`
  const { limitBytes, workingSetBytes } = readLimits().memory
  if (limitBytes === undefined) return undefined
  const freeBytes = limitBytes - usedOfContainer({ rssBytes: readMemoryVitals().rssBytes, workingSetBytes })
  return freeBytes < heapBytes * MEMORY_FACTOR
    ? `The container has not enough memory left for a snapshot, which may take ${MEMORY_FACTOR} times the heap.`
    : undefined
}
