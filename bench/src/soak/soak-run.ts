import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readCpuMs, readRssBytes } from '../process-usage.ts'
import { startServer, type ServerProcess } from '../server-process.ts'
import type { Stack } from '../stacks.ts'
import { median } from '../statistics.ts'
import { fitLine, type FittedLine } from './line.ts'
import { startSteadyLoad } from './steady-load.ts'

/** A long life under load. */
export interface SoakRunOptions {
  readonly stacks: readonly Stack[]
  readonly minutes: number
  /** Minutes at the beginning that do not count: code is compiled, the heap finds its size. */
  readonly warmUpMinutes: number
  /** Clients of each stack. */
  readonly clients: number
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** What became of one stack. */
export interface SoakResult {
  readonly requestCount: number
  readonly failures: ReadonlyMap<string, number>
  /** Memory of the process in RAM after the warm-up and at the end, in MiB: medians of a minute. */
  readonly firstMib: number
  readonly lastMib: number
  /** MiB a minute after the warm-up. */
  readonly line: FittedLine
  /** Processor time of the whole life, in milliseconds. */
  readonly cpuMs: number
}

/**
 * The heap of every stack as it is in a container of 256 MiB that `keelson-start` fits it to: there V8 reports 182 MiB, 3 of them
 * for the young generation. On a large machine that may take 192 MiB, doubles now and then, and hides any other growth.
 */
const heapFlags = '--max-old-space-size=179 --max-semi-space-size=1'

/** Time between two looks at the memory, in milliseconds. */
const sampleEveryMs = 5_000
const samplesPerMinute = 60_000 / sampleEveryMs

/** What Kubernetes and Prometheus ask for meanwhile, in samples: a probe each 5 s, a scrape each 15 s. */
const scrapeEvery = 3

/** Runs all stacks at the same time, under the same load: what disturbs one disturbs all. */
export async function runSoak(options: SoakRunOptions): Promise<ReadonlyMap<Stack, SoakResult>> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-soak-'))
  try {
    const results = await Promise.all(
      options.stacks.map(async (stack) => [stack, await soakOne(stack, folder, options)] as const),
    )
    return new Map(results)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function soakOne(stack: Stack, folder: string, options: SoakRunOptions): Promise<SoakResult> {
  const { minutes, warmUpMinutes, clients, signal, progress } = options
  // With its record of vital signs and a fitted heap, as in production.
  const env = { KEELSON_STATE_DIR: folder, NODE_OPTIONS: heapFlags }
  await using server = await startServer(stack, { signal, env })
  const load = startSteadyLoad(server.url, clients)
  const failures = new Map<string, number>()
  const memory: number[] = []
  try {
    for (let minute = 1; minute <= minutes; minute++) {
      const samples: number[] = []
      for (let index = 0; index < samplesPerMinute; index++) {
        await wait(sampleEveryMs, undefined, { signal })
        samples.push(readRssBytes(server.pid) / 1024 ** 2)
        if (stack.name === 'keelson') await watchAsOperators(server, index % scrapeEvery === 0, failures)
      }
      memory.push(median(samples))
      progress(`soak: minute ${minute} of ${minutes}, ${stack.name} ${median(samples).toFixed(1)} MiB`)
    }
  } finally {
    await load.end()
  }
  const counted = memory.slice(warmUpMinutes)
  return {
    requestCount: load.requestCount,
    failures: new Map([...load.failures, ...failures]),
    firstMib: counted[0] ?? Number.NaN,
    lastMib: counted.at(-1) ?? Number.NaN,
    line: fitLine(counted.map((y, x) => ({ x, y }))),
    cpuMs: readCpuMs(server.pid),
  }
}

/** Failures are counted: a scrape that the main thread cannot answer within its time is refused, on a machine that is busy. */
async function watchAsOperators(
  { opsPort }: ServerProcess,
  isScrape: boolean,
  failures: Map<string, number>,
): Promise<void> {
  for (const path of ['liveness', 'readiness', ...(isScrape ? ['metrics'] : [])]) {
    const answer = await fetch(`http://127.0.0.1:${opsPort}/${path}`)
    await answer.arrayBuffer()
    const kind = `/${path} ${answer.status}`
    if (answer.status !== 200) failures.set(kind, (failures.get(kind) ?? 0) + 1)
  }
}
