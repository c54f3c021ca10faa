import { type LogEntry, messageOf } from './log-entry.ts'

/** Which lines are wanted; what is left out does not matter. */
export interface LogFilter {
  /** Beginning of the request id. */
  readonly requestId?: string
  /** Least urgent level that is shown: 4 shows warnings and worse. */
  readonly level?: number
  /** Anywhere in the line, in capitals or not. */
  readonly text?: string
  readonly service?: string
}

/** The last lines of all services. */
export interface LogStore {
  /** Lines that are held. */
  readonly count: number
  /** Lines ever added. */
  readonly total: number
  add(entry: LogEntry): void
  /** @returns the entry, while it is held */
  find(seq: number): LogEntry | undefined
  /** @returns the newest lines that fit, oldest first */
  last(filter: LogFilter, limit: number): readonly LogEntry[]
  /** Calls back for every line that is added; the result ends that. */
  subscribe(listener: (entry: LogEntry) => void): () => void
}

/** Bounds of {@link createLogStore}. */
export interface LogStoreOptions {
  readonly maxLines?: number
  readonly maxBytes?: number
}

/** Defaults of {@link LogStoreOptions}: some minutes of a busy service, and no more memory than the service itself takes. */
export const logStoreDefaults = { maxLines: 20_000, maxBytes: 16_777_216 } as const

/** An object with its fields, beside the characters of the line. */
const ENTRY_BYTES = 150

/** Makes a store that forgets its oldest lines, by number and by size. */
export function createLogStore(options: LogStoreOptions = {}): LogStore {
  const { maxLines, maxBytes } = { ...logStoreDefaults, ...options }
  const ring: (LogEntry | undefined)[] = Array.from({ length: maxLines })
  const listeners = new Set<(entry: LogEntry) => void>()
  /** Entries that are held: from `total - count` up to `total`, each at its number modulo the length. */
  let total = 0
  let count = 0
  let bytes = 0

  const at = (index: number): LogEntry | undefined => ring[index % maxLines]
  const isOverfull = (): boolean => bytes > maxBytes && count > 1
  const forgetOldest = (): void => {
    const index = total - count
    const oldest = at(index)
    if (oldest !== undefined) bytes -= sizeOf(oldest)
    ring[index % maxLines] = undefined
    count -= 1
  }

  return {
    get count() {
      return count
    },
    get total() {
      return total
    },
    add(entry) {
      if (count === maxLines) forgetOldest()
      ring[total % maxLines] = entry
      total += 1
      count += 1
      bytes += sizeOf(entry)
      while (isOverfull()) forgetOldest()
      for (const listener of listeners) listener(entry)
    },
    find(seq) {
      for (let index = total - 1; index >= total - count; index -= 1) {
        const entry = at(index)
        if (entry?.seq === seq) return entry
      }
      return undefined
    },
    last(filter, limit) {
      const fits = logFilter(filter)
      const found: LogEntry[] = []
      for (let index = total - 1; index >= total - count && found.length < limit; index -= 1) {
        const entry = at(index)
        if (entry !== undefined && fits(entry)) found.push(entry)
      }
      return found.toReversed()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Makes the test for one filter. */
export function logFilter({ requestId, level, text, service }: LogFilter): (entry: LogEntry) => boolean {
  const wanted = text?.toLowerCase() ?? ''
  return (entry) => {
    if (level !== undefined && entry.level > level) return false
    if (service !== undefined && entry.service !== service) return false
    if (requestId !== undefined && entry.requestId?.startsWith(requestId) !== true) return false
    if (wanted === '' || entry.raw.toLowerCase().includes(wanted)) return true
    // In JSON a quotation mark has a backslash before it; in the message it has none.
    return entry.isGelf && messageOf(entry).toLowerCase().includes(wanted)
  }
}

/** V8 keeps one byte a character for most lines, two for the others. */
function sizeOf({ raw }: LogEntry): number {
  return raw.length + ENTRY_BYTES
}
