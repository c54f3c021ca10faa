import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts'
import { errorCode, readBounded, recordMode, removeQuietly } from './record-file.ts'

/** The place of one life in a state directory. */
export interface Slot {
  /** Path of the record without its ending. */
  readonly base: string
  /** 1, or more where other processes of the same service and pod are running. */
  readonly number: number
  /** Why the place could not be locked; it is used all the same, since it may be readable. */
  readonly error: unknown
  /** Gives the place back. */
  release(): void
}

// Processes of one service in one container; more than a cluster of workers has on any machine that runs this.
const MAX_SLOTS = 32
// A lock whose owner has not written its name yet is younger than this.
const WRITING_MS = 2_000

/**
 * Takes the first place that no running process has. The place of a dead process is taken over with its record.
 *
 * @param directory exists
 * @returns `undefined` when all places are taken
 */
export function claimSlot(directory: string, name: string): Slot | undefined {
  const own = identify(process.pid)
  for (let number = 1; number <= MAX_SLOTS; number++) {
    const base = join(directory, number === 1 ? name : `${name}.${number}`)
    const lockPath = `${base}.lock`
    try {
      if (lock(lockPath, own)) {
        return { base, number, error: undefined, release: () => removeQuietly(lockPath) }
      }
    } catch (error) {
      return { base, number, error, release() {} }
    }
  }
  return undefined
}

/** @returns whether the lock is ours now. @throws what the system says when it cannot be written */
function lock(path: string, own: ProcessIdentity): boolean {
  if (create(path, own)) return true
  const seen = readBounded(path)
  if (seen === undefined) return create(path, own)
  if (isHeld(path, seen)) return false
  // Moved aside, not removed: of two processes that find the same stale lock only one can move it, and whoever finds a
  // newer lock in its hands puts it back.
  const aside = `${path}.${own.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return create(path, own)
    throw error
  }
  if (readBounded(aside) !== seen) {
    renameSync(aside, path)
    return false
  }
  removeQuietly(aside)
  return create(path, own)
}

function create(path: string, own: ProcessIdentity): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', recordMode)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
  try {
    writeSync(file, JSON.stringify(own))
  } catch (error) {
    removeQuietly(path) // a full disk: an empty lock would only puzzle the next start
    throw error
  } finally {
    closeSync(file)
  }
  return true
}

function isHeld(path: string, text: string): boolean {
  const owner = parseIdentity(text)
  if (owner !== undefined) return isRunning(owner)
  try {
    return Date.now() - statSync(path).mtimeMs < WRITING_MS
  } catch {
    return false
  }
}

function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value)) return undefined
    const { pid } = value
    const startTicks = 'startTicks' in value ? value.startTicks : undefined
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1) return undefined
    return { pid, startTicks: typeof startTicks === 'string' ? startTicks : undefined }
  } catch {
    return undefined
  }
}
