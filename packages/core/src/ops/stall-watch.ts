import { writeSync } from 'node:fs'
import { clearStall, markStall } from '../ledger/stall-mark.ts'
import type { ProbeMemory } from './probe-memory.ts'
import type { ProbeThreadData, Stall } from './probe-messages.ts'
import { takeMainStack } from './stack-taker.ts'

/** How often the silence of the main thread is looked at, in milliseconds. */
const LOOK_EVERY_MS = 500

/**
 * Watches the main thread from the probe thread. A stall beyond the limit is told once: as a line on stdout, written
 * here because the main thread may never come back, and to the main thread for when it does.
 */
export function watchForStall(
  memory: ProbeMemory,
  data: ProbeThreadData,
  tell: (stall: Stall) => void,
): void {
  let told = false
  async function report(silentMs: number): Promise<void> {
    const stack = data.takeStack ? await takeMainStack() : 'The stack was not taken: that is switched off.'
    writeLine(data.lineFields, silentMs, stack)
    tell({ silentMs, stack })
  }
  setInterval(() => {
    const silentMs = memory.silentMs()
    if (silentMs <= data.stallLimitMs) {
      if (told && data.recordPath !== undefined) clearStall(data.recordPath)
      told = false
      return
    }
    if (data.recordPath !== undefined) {
      const seenAtMs = Date.now()
      markStall(data.recordPath, { pid: process.pid, sinceMs: seenAtMs - silentMs, seenAtMs })
    }
    if (told) return
    told = true
    void report(silentMs)
  }, LOOK_EVERY_MS).unref()
}

function writeLine(fields: ProbeThreadData['lineFields'], silentMs: number, stack: string): void {
  const message = `The main thread has been blocked for ${silentMs} ms; liveness answers 503.`
  const line =
    fields === undefined
      ? `${message}\n${stack}\n`
      : `${JSON.stringify({ ...fields, timestamp: Date.now() / 1_000, level: 2, short_message: message, full_message: stack.slice(0, 8_192), _silent_ms: silentMs })}\n`
  try {
    writeSync(1, line)
  } catch {
    // Nobody reads stdout: the fact still reaches the main thread.
  }
}
