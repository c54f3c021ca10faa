import { setTimeout as wait } from 'node:timers/promises'
import { isKeelsonError } from '@keelson/core/errors'
import type { Addresses } from './black-box.ts'
import type { Contract } from './contract.ts'
import { containerEnclosure } from './enclosure.ts'
import type { LeakEvidence } from './evidence.ts'
import { createLeakPreload } from './leak-preload.ts'
import { waitUntilReady, type StartLife } from './life.ts'
import { createMemoryCgroup } from './memory-cgroup.ts'

/** What a life that leaks is started with. */
export interface LeakOptions {
  readonly start: StartLife
  readonly addresses: Addresses
  readonly contract: Contract
  /** Whether the docker command line starts it, which bounds memory itself. */
  readonly isImage: boolean
  /** `NODE_OPTIONS` that the service has otherwise. */
  readonly nodeOptions: string | undefined
  readonly signal: AbortSignal
}

/** The limit that `keelson k8s render` writes for a service of which nothing is known. */
const DEFAULT_MEMORY_BYTES = 512 * 2 ** 20
const POLL_MS = 50
/** The limit is reached within 10 s; a collector that fights for the last megabytes, on a busy machine, takes several times that. */
const PATIENCE_MS = 90_000
/** A process with the preload begins within a tenth of a second, unless its event loop is blocked. */
const BEGIN_PATIENCE_MS = 15_000

/** A life of its own, under a memory limit, that leaks until it ends. Its group, its folder and the process are gone afterwards. */
export async function collectLeak({
  start,
  addresses,
  contract,
  isImage,
  nodeOptions,
  signal,
}: LeakOptions): Promise<LeakEvidence> {
  const { memoryBytes = DEFAULT_MEMORY_BYTES } = contract.limits
  const preload = createLeakPreload(memoryBytes, isImage)
  const made = isImage ? containerEnclosure(memoryBytes, preload.folder) : createMemoryCgroup(memoryBytes)
  if ('refusal' in made) {
    preload.remove()
    return { kind: 'refused', why: made.refusal }
  }
  const life = start({ NODE_OPTIONS: preload.nodeOptions(nodeOptions) }, made.wrap)
  try {
    const becameReady = await isReady()
    const beganAt = Date.now()
    if (becameReady) await leakUntilEnd()
    return {
      kind: 'ran',
      memoryBytes,
      becameReady,
      leakedBytes: preload.leakedBytes(),
      end: life.end,
      oomKillCount: made.oomKillCount(),
      lines: becameReady ? life.lines.filter(({ at }) => at >= beganAt) : life.lines,
      patienceMs: PATIENCE_MS,
    }
  } finally {
    await life.kill()
    await made.remove()
    preload.remove()
  }

  async function isReady(): Promise<boolean> {
    try {
      await waitUntilReady(life, addresses, contract, signal)
      return true
    } catch (error) {
      // That it has no room to start is a finding, not a failure of the run.
      if (isKeelsonError(error, 'KEELSON_CLI_TARGET_NOT_READY')) return false
      throw error
    }
  }
  async function leakUntilEnd(): Promise<void> {
    const from = performance.now()
    preload.begin()
    while (life.end === undefined) {
      signal.throwIfAborted()
      const elapsedMs = performance.now() - from
      if (elapsedMs > PATIENCE_MS || (elapsedMs > BEGIN_PATIENCE_MS && preload.leakedBytes() === 0)) return
      await wait(POLL_MS)
    }
  }
}
