import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { removeQuietly } from './record-file.ts'

// A directory of a host outlives its pods, whose names never come back; a month is longer than any of them is missed.
const FORGOTTEN_AFTER_MS = 30 * 86_400_000
// What one start does at most: 0.3 ms of asking.
const MAX_FILES = 200

const endings = ['.json', '.json.now', '.json.later', '.json.stall', '.lock', '.report.json'] as const

/**
 * Takes the files of lives away whose records nobody has written for a month, so that a directory of many pods does not
 * grow for ever. A running service writes its record every second, but not its lock. Never throws.
 *
 * @param nowMs milliseconds since 1970
 */
export function removeForgotten(directory: string, nowMs: number): void {
  try {
    const records = readdirSync(directory).filter((name) => /^life-.*(?<!\.report)\.json$/.test(name))
    for (const name of records.slice(0, MAX_FILES)) {
      const path = join(directory, name)
      const found = statSync(path, { throwIfNoEntry: false })
      if (found === undefined || nowMs - found.mtimeMs <= FORGOTTEN_AFTER_MS) continue
      const base = path.slice(0, -'.json'.length)
      for (const ending of endings) removeQuietly(`${base}${ending}`)
    }
  } catch {
    // A directory that cannot be read does not grow by us.
  }
}
