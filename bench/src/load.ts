import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pin, type Cores } from './cores.ts'
import type { ServerProcess } from './server-process.ts'
import { parseWrk, type WrkResult } from './wrk-output.ts'

export interface LoadOptions {
  readonly seconds: number
  /** Connections, each with one request under way at any moment. */
  readonly connections: number
  readonly cores: Cores
  readonly signal: AbortSignal
}

const run = promisify(execFile)

/**
 * Loads a server with wrk, one thread, on its own core.
 *
 * @throws Error when the server answered anything but 2xx, or lost a connection
 */
export async function loadServer(server: ServerProcess, options: LoadOptions): Promise<WrkResult> {
  const { seconds, connections, cores, signal } = options
  const [program, ...words] = [
    ...pin(cores.load),
    'wrk',
    '--latency',
    '--threads=1',
    `--connections=${connections}`,
    `--duration=${seconds}s`,
    server.url,
  ] as const
  const { stdout } = await run(program ?? 'wrk', words, { signal })
  return parseWrk(stdout)
}
