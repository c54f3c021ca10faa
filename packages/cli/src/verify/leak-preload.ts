import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The preload, and the folder by which it is spoken to. */
export interface LeakPreload {
  readonly folder: string
  /** `NODE_OPTIONS` with the preload added to those that are set already. */
  nodeOptions(present: string | undefined): string
  /** Lets the process that listens begin. */
  begin(): void
  /** What was leaked so far, in bytes: 0 until a process has begun. */
  leakedBytes(): number
  remove(): void
}

/** The limit is reached in 200 steps of 40 ms: slow enough for guards that look every second, quick enough to wait for. */
const STEPS_TO_LIMIT = 200

/**
 * Writes the preload to a folder of its own.
 *
 * @param limitBytes memory that the service may use; the rate is a share of it
 * @param isShared whether a process of another user is to read and write there, as in a container
 */
export function createLeakPreload(limitBytes: number, isShared: boolean): LeakPreload {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-verify-leak-'))
  const state = join(folder, 'state')
  const script = join(folder, 'leak.cjs')
  mkdirSync(state)
  const bytesPerStep = Math.ceil(limitBytes / STEPS_TO_LIMIT)
  writeFileSync(script, `(${leak.toString()})(require('fs'), ${JSON.stringify(state)}, ${bytesPerStep})\n`)
  if (isShared) {
    // Only the figures are open to others: nobody may change what is run.
    chmodSync(folder, 0o755)
    chmodSync(state, 0o777)
  }
  return {
    folder,
    nodeOptions: (present = '') => `${present} --require ${JSON.stringify(script)}`.trim(),
    begin: () => writeFileSync(join(state, 'begin'), ''),
    leakedBytes: () =>
      existsSync(state)
        ? readdirSync(state)
            .filter((name) => name.startsWith('leaked-'))
            .reduce((sum, name) => sum + Number(readFileSync(join(state, name), 'utf8')), 0)
        : 0,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The part of `node:fs` that the preload uses. */
interface Files {
  existsSync(path: string): boolean
  writeFileSync(path: string, text: string): void
}

/**
 * Runs in the service, and travels there as text: it uses nothing but its parameters and what every version of Node has.
 * Launchers and package managers get it too; only a process that listens leaks. Strings of 512 KiB lie in the heap of V8
 * (those above 1 MB would lie outside) and cost its collector nothing.
 */
function leak(fs: Files, state: string, bytesPerStep: number): void {
  const chunk = Buffer.alloc(524_288, 'x')
  const kept: string[] = []
  let owedBytes = 0
  const step = (): void => {
    for (owedBytes += bytesPerStep; owedBytes >= chunk.length; owedBytes -= chunk.length)
      kept.push(chunk.toString('latin1'))
    try {
      fs.writeFileSync(`${state}/leaked-${process.pid}`, String(kept.length * chunk.length))
    } catch {
      // The figure is for the report; the leak goes on.
    }
  }
  const look = setInterval(() => {
    if (!fs.existsSync(`${state}/begin`)) return
    if (!process.getActiveResourcesInfo().includes('TCPServerWrap')) return
    clearInterval(look)
    setInterval(step, 40).unref()
  }, 100)
  look.unref()
}
