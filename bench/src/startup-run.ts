import type { Figure, Samples } from './comparison.ts'
import { readCpuMs, readRssBytes } from './process-usage.ts'
import { startServer } from './server-process.ts'
import type { Stack } from './stacks.ts'

export interface StartupRunOptions {
  readonly stacks: readonly Stack[]
  /** How often each stack is started; the stacks take turns. */
  readonly rounds: number
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** What one start cost. */
export interface StartupSample {
  /** Processor time up to the first 200 on the readiness, all threads. */
  readonly cpuMs: number
  /** Time from the start of the process to that answer. */
  readonly readyMs: number
  /** Memory at that moment. */
  readonly rssBytes: number
}

/** What is compared. */
export const startupFigures: readonly Figure<StartupSample>[] = [
  { name: 'CPU', of: (sample) => sample.cpuMs, absoluteName: 'CPU ms', format: (value) => value.toFixed(0) },
  {
    name: 'time',
    of: (sample) => sample.readyMs,
    absoluteName: 'time ms',
    format: (value) => value.toFixed(0),
  },
  {
    name: 'RSS',
    of: (sample) => sample.rssBytes,
    absoluteName: 'RSS MiB',
    format: (value) => (value / 1024 ** 2).toFixed(1),
  },
]

/** Starts and stops each stack, one process at a time. The first round only fills the cache of files. */
export async function runStartup({
  stacks,
  rounds,
  signal,
  progress,
}: StartupRunOptions): Promise<Samples<StartupSample>> {
  const samples = new Map<Stack, StartupSample[]>(stacks.map((stack) => [stack, []]))
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? 'startup: first starts, not counted' : `startup: round ${round} of ${rounds}`)
    for (const stack of stacks) {
      const sample = await measureStart(stack, signal)
      if (round > 0) samples.get(stack)?.push(sample)
    }
  }
  return samples
}

async function measureStart(stack: Stack, signal: AbortSignal): Promise<StartupSample> {
  const begin = performance.now()
  await using server = await startServer(stack, { signal })
  return {
    readyMs: performance.now() - begin,
    cpuMs: readCpuMs(server.pid),
    rssBytes: readRssBytes(server.pid),
  }
}
