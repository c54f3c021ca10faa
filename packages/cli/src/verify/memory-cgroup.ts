import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Enclosure } from './enclosure.ts'

/** Files of a control group, by the version of the interface. */
const versions = [
  {
    // `5:memory:/user.slice`: number, controllers, path.
    place: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m,
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    // Memory and swap together; may be set only after the limit of memory.
    swap: 'memory.memsw.limit_in_bytes',
    swapBytes: (limitBytes: number) => limitBytes,
    events: 'memory.oom_control',
  },
  {
    place: /^0::(\/.*)$/m,
    root: '/sys/fs/cgroup',
    limit: 'memory.max',
    swap: 'memory.swap.max',
    swapBytes: () => 0,
    events: 'memory.events',
  },
] as const

/** Puts the shell into the group whose folder is `$0`, and has the command take its place. */
const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
const REMOVE_POLL_MS = 50
/** Five seconds: what is killed is gone at once, unless its memory is large. */
const MAX_REMOVE_TRIES = 100

/**
 * Makes a memory control group, of version 1 or 2, without swap: below the group of this process, or below one above it,
 * whichever the rights of the user allow. A trial process has entered it when it is returned.
 *
 * @param name of its folder
 * @returns why there is none, where none can be made
 */
export function createMemoryCgroup(
  limitBytes: number,
  name = `keelson-verify-${randomBytes(6).toString('hex')}`,
): Enclosure | { readonly refusal: string } {
  let refusal = 'this machine has none'
  for (const version of versions) {
    for (const parent of parentsOf(version)) {
      const folder = join(parent, name)
      try {
        makeGroup(folder, version, limitBytes)
        return enclosure(folder, version.events)
      } catch (error) {
        refusal = error instanceof Error ? error.message : String(error)
      }
    }
  }
  return { refusal: `no control group could be made (${refusal})` }
}

type Version = (typeof versions)[number]

/** The group of this process and those above it, nearest first: with version 2 a group that has processes has no groups with limits. */
function parentsOf({ place, root }: Version): readonly string[] {
  const path = place.exec(readText('/proc/self/cgroup') ?? '')?.[1]
  if (path === undefined) return []
  const parents: string[] = []
  for (let inside = path; inside !== '/'; inside = dirname(inside)) parents.push(join(root, inside))
  return [...parents, root]
}

function makeGroup(folder: string, { limit, swap, swapBytes }: Version, limitBytes: number): void {
  mkdirSync(folder)
  try {
    // Without `r+` a folder that is no control group would get a file of that name.
    writeFileSync(join(folder, limit), String(limitBytes), { flag: 'r+' })
    const trial = spawnSync('sh', ['-c', enter, folder, 'true'], { encoding: 'utf8' })
    if (trial.status !== 0) throw new Error(trial.error?.message ?? trial.stderr.trim())
  } catch (error) {
    rmdirSync(folder)
    throw error
  }
  try {
    writeFileSync(join(folder, swap), String(swapBytes(limitBytes)), { flag: 'r+' })
  } catch {
    // The kernel does not account for swap.
  }
}

function enclosure(folder: string, events: string): Enclosure {
  return {
    wrap: (spec) => ({ ...spec, command: ['sh', '-c', enter, folder, ...spec.command] }),
    oomKillCount: () => {
      const count = /^oom_kill (\d+)$/m.exec(readText(join(folder, events)) ?? '')?.[1]
      return count === undefined ? undefined : Number(count)
    },
    remove: () => removeGroup(folder),
  }
}

/** Ends whatever left the process group of the service, and removes the folder. Never rejects. */
async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < MAX_REMOVE_TRIES; tries++) {
    try {
      return rmdirSync(folder)
    } catch {
      for (const pid of (readText(join(folder, 'cgroup.procs')) ?? '').match(/\d+/g) ?? []) kill(Number(pid))
    }
    await wait(REMOVE_POLL_MS)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
