import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs what needs rights that a machine may not give; says on stderr when it does not, since a silent skip reads like a pass. */
export function loudly<T>(what: string, attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch (error) {
    process.stderr.write(`skipped: ${what}: ${String(error)}\n`)
    return undefined
  }
}

/**
 * Makes a memory control group, of version 1 or 2. Whoever gets it removes its folder.
 *
 * @throws where it cannot be made
 */
export function makeMemoryCgroup(limitBytes: number): string {
  const name = `keelson-test-${process.pid}-${Math.random().toString(36).slice(2)}`
  const attempts = [
    { root: '/sys/fs/cgroup/memory', file: 'memory.limit_in_bytes' },
    { root: '/sys/fs/cgroup', file: 'memory.max' },
  ]
  let failure: unknown
  for (const { root, file } of attempts) {
    const folder = join(root, name)
    try {
      mkdirSync(folder)
    } catch (error) {
      failure = error
      continue
    }
    try {
      writeFileSync(join(folder, file), String(limitBytes), { flag: 'r+' })
      return folder
    } catch (error) {
      failure = error
      rmdirSync(folder)
    }
  }
  throw failure
}
