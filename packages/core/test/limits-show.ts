// Writes the limits that it runs under, for limits.int.test.ts: at the start, and after half a second of work. With
// EXHAUST it opens files until there are no more in between.
import { openSync, writeSync } from 'node:fs'
import v8 from 'node:v8'
import { createLimitReader, heapWarning, readMemoryVitals } from '@keelson/core/limits'

const read = createLimitReader()
function show(): void {
  const limits = read()
  const warning = heapWarning(v8.getHeapStatistics().heap_size_limit, limits.memory.limitBytes)
  writeSync(1, `${JSON.stringify({ ...limits, vitals: readMemoryVitals(), warning })}\n`)
}
show()
if (process.env['EXHAUST'] === undefined) work()
else exhaust()
show()

function work(): void {
  const end = performance.now() + 500
  while (performance.now() < end);
}

function exhaust(): void {
  try {
    for (;;) openSync('/dev/null', 'r')
  } catch {
    // EMFILE is what was wanted.
  }
}
