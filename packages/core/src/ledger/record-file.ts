import { closeSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'

// Ten times the largest record: more is not one.
const MAX_BYTES = 65_536

/** Only the service's own user reads what it says about itself. */
export const recordMode = 0o600

/** One small file that is replaced as a whole: whoever reads it sees one write or the one before, never half of one. */
export interface RecordFile {
  /**
   * The text; `undefined` when there is no file.
   *
   * @throws what the system says, and RangeError for a file that is too long
   */
  read(): string | undefined
  /** Replaces the text at once. Ends every {@link RecordFile.replaceLater} that is under way. @throws what the system says */
  replace(text: string): void
  /**
   * Replaces the text without waiting for the disk on this thread; only the change of names, which touches no data, is
   * done here. Skipped while one is under way: a disk that hangs holds one write, not a queue.
   *
   * @throws what the system says
   */
  replaceLater(text: string): Promise<void>
  /** Takes the file away; never throws. */
  remove(): void
}

/** Makes a {@link RecordFile}. There is no flush to the device: a record has to outlive the process, not the machine. */
export function createRecordFile(path: string): RecordFile {
  const nowPath = `${path}.now`
  const laterPath = `${path}.later`
  let generation = 0
  let busy = false
  return {
    read: () => readBounded(path),
    replace(text) {
      generation++
      writeFileSync(nowPath, text, { mode: recordMode })
      renameSync(nowPath, path)
    },
    async replaceLater(text) {
      if (busy) return
      busy = true
      const mine = generation
      try {
        await writeFile(laterPath, text, { mode: recordMode })
        if (mine === generation) renameSync(laterPath, path)
      } finally {
        busy = false
      }
    },
    remove() {
      for (const file of [path, nowPath, laterPath]) removeQuietly(file)
    },
  }
}

/** @returns `undefined` when there is no file */
export function readBounded(path: string, maxBytes: number = MAX_BYTES): string | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const content = Buffer.alloc(maxBytes + 1)
    const length = readSync(file, content, 0, content.length, 0)
    if (length > maxBytes) throw new RangeError(`The file is longer than ${maxBytes} bytes.`)
    return content.toString('utf8', 0, length)
  } finally {
    closeSync(file)
  }
}

/** Takes a file away if it is there and can be. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // What cannot be removed stays: nobody takes it for a record of this life.
  }
}

/** `ENOSPC` and the like; `undefined` for what is no error of the system. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
