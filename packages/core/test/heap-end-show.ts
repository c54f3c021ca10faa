// Leaks until V8 ends the process, and tells, ever again, how full the heap is by each of the two limits.
import { writeSync } from 'node:fs'
import v8 from 'node:v8'
import { oldSpaceLimitBytes, readOldSpaceUsedBytes } from '@keelson/core/limits'

const kept: unknown[] = []

function leak(): void {
  for (let count = 0; count < 2_000; count++) kept.push({ count, text: `kept ${count}`, list: [count] })
  const { used_heap_size: usedBytes, heap_size_limit: reportedBytes } = v8.getHeapStatistics()
  const share = {
    reported: usedBytes / reportedBytes,
    own: readOldSpaceUsedBytes() / oldSpaceLimitBytes(reportedBytes),
  }
  writeSync(1, `${JSON.stringify(share)}\n`)
  setImmediate(leak)
}

leak()
