import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure, Samples } from './comparison.ts'
import { formatCount } from './figures.ts'
import { parsePerf, type InstructionCounts } from './perf-output.ts'
import { preloads } from './preloads.ts'
import { sendRequests } from './sequential-client.ts'
import { startServer, type ServerProcess } from './server-process.ts'
import type { Stack } from './stacks.ts'

export interface CounterRunOptions {
  readonly stacks: readonly Stack[]
  /** Processes of each stack whose instructions are counted. */
  readonly lives: number
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** What is compared: instructions per request. */
export const counterFigures: readonly Figure<InstructionCounts>[] = [
  { name: 'user space', of: ({ user }) => user, absoluteName: 'user', format: formatCount },
  { name: 'kernel', of: ({ kernel }) => kernel, absoluteName: 'kernel', format: formatCount },
]

/**
 * Requests before and while counting. On two busy cores bare Fastify needed 60 to 170 k instructions a request up to the
 * 30,000th, while hot code was still being compiled, and 58 to 60 k from there on; the other stacks alike.
 */
export const counterRequestCounts: Readonly<{ warmUp: number; counted: number }> = Object.freeze({
  warmUp: 50_000,
  counted: 20_000,
})

/** `perf` counts within this time after it has opened its counters; a request that it misses is one of many thousands. */
const attachMs = 100

/** Counts the instructions of warm stacks with the processor's own counters. */
export async function runCounters(options: CounterRunOptions): Promise<Samples<InstructionCounts>> {
  const { stacks, lives, signal, progress } = options
  const samples = new Map<Stack, InstructionCounts[]>(stacks.map((stack) => [stack, []]))
  for (let life = 1; life <= lives; life++) {
    for (const stack of stacks) {
      progress(`counters: life ${life} of ${lives}, ${stack.name}`)
      await using server = await startServer(stack, { preloads: [preloads.keepTickShape], signal })
      await sendRequests(server.url, counterRequestCounts.warmUp, signal)
      samples.get(stack)?.push(await count(server, signal))
    }
  }
  return samples
}

async function count(server: ServerProcess, signal: AbortSignal): Promise<InstructionCounts> {
  const { counted } = counterRequestCounts
  const folder = mkdtempSync(join(tmpdir(), 'keelson-bench-'))
  const output = join(folder, 'perf.csv')
  const words = ['stat', '-x,', '-e', 'instructions:u,instructions:k', '-p', String(server.pid), '-o', output]
  try {
    const perf = spawn('perf', words, { stdio: 'ignore', signal })
    await counting(perf)
    await sendRequests(server.url, counted, signal)
    const ended = once(perf, 'close')
    perf.kill('SIGINT')
    await ended
    const { user, kernel } = parsePerf(readFileSync(output, 'utf8'))
    return { user: user / counted, kernel: kernel / counted }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Waits for `perf` to open its counters: a busy machine may take longer to start it than hundreds of requests take. */
async function counting(perf: ChildProcess): Promise<void> {
  while (perf.exitCode === null && !hasCounters(perf.pid)) await sleep(10)
  await sleep(attachMs)
}

function hasCounters(pid: number | undefined): boolean {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).some((name) => readlinkSync(join(folder, name)).includes('[perf_event]'))
  } catch {
    // It closes one while we look, or has ended.
    return false
  }
}
