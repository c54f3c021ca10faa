import { createRecordFile, removeQuietly } from './record-file.ts'

/** A main thread that does not turn, as another thread saw it. */
export interface StallMark {
  readonly pid: number
  /** When the main thread was last seen turning, in milliseconds since 1970. */
  readonly sinceMs: number
  /** When the mark was last renewed. */
  readonly seenAtMs: number
}

/**
 * Writes down that the main thread does not turn, beside the record of its life: the main thread itself cannot. Called
 * by the thread that answers the probes, about once a second while it lasts; the next start then knows a liveness kill
 * from any other. Never throws.
 *
 * @param recordPath `recordPath` of the process watch
 */
export function markStall(recordPath: string, mark: StallMark): void {
  try {
    createRecordFile(stallPath(recordPath)).replace(JSON.stringify(mark))
  } catch {
    // The directory is read-only or full; the ledger has said so already.
  }
}

/** Takes the mark away once the main thread turns again. Never throws. */
export function clearStall(recordPath: string): void {
  removeQuietly(stallPath(recordPath))
}

/** The mark beside a record, if there is a sound one. */
export function readStall(recordPath: string): StallMark | undefined {
  try {
    const value: unknown = JSON.parse(createRecordFile(stallPath(recordPath)).read() ?? 'null')
    if (typeof value !== 'object' || value === null) return undefined
    if (!('pid' in value) || !('sinceMs' in value) || !('seenAtMs' in value)) return undefined
    const { pid, sinceMs, seenAtMs } = value
    if (typeof pid !== 'number' || typeof sinceMs !== 'number' || typeof seenAtMs !== 'number')
      return undefined
    return { pid, sinceMs, seenAtMs }
  } catch {
    return undefined
  }
}

function stallPath(recordPath: string): string {
  return `${recordPath}.stall`
}
