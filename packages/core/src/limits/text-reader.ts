import { closeSync, openSync, readSync } from 'node:fs'

/** Reads a small text file; `undefined` when it cannot be read, whatever the reason. A parameter of what reads limits. */
export type TextReader = (path: string) => string | undefined

// The longest file read here is mountinfo, 5 to 20 kB in a container; what comes after the bound is left out.
const MAX_BYTES = 262_144

/** Reads synchronously, because limits are needed before anything runs: files of the kernel, which no disk delays. */
export const systemTextReader: TextReader = (path) => {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const chunks: Buffer[] = []
    let total = 0
    // Files of the kernel have no size that could be asked for.
    for (;;) {
      const chunk = Buffer.allocUnsafe(16_384)
      const count = readSync(file, chunk, 0, Math.min(chunk.length, MAX_BYTES - total), null)
      if (count === 0) break
      chunks.push(chunk.subarray(0, count))
      total += count
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
