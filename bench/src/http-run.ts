import { pin, type Cores } from './cores.ts'
import type { Figure, Samples } from './comparison.ts'
import { formatCount } from './figures.ts'
import { loadServer } from './load.ts'
import { preloads } from './preloads.ts'
import { readCpuMs } from './process-usage.ts'
import { startServer, type ServerProcess } from './server-process.ts'
import type { Stack } from './stacks.ts'

export interface HttpRunOptions {
  readonly stacks: readonly Stack[]
  /** How often each stack is measured; the stacks take turns. */
  readonly rounds: number
  /** Length of one measurement. */
  readonly seconds: number
  /** Connections of the load generator, each with one request under way at any moment. */
  readonly connections: number
  /** Load before the first round, so that the code is compiled and the heap has its size. */
  readonly warmUpSeconds: number
  readonly cores: Cores
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** What one round measured on one stack. */
export interface HttpSample {
  readonly requestsPerSecond: number
  /** Processor time of the server, all threads, user space and kernel. */
  readonly cpuMicroseconds: number
  readonly p99Ms: number
}

/** What is compared. */
export const httpFigures: readonly Figure<HttpSample>[] = [
  {
    name: 'requests/s',
    of: (sample) => sample.requestsPerSecond,
    absoluteName: 'req/s',
    format: formatCount,
  },
  {
    name: 'CPU per request',
    of: (sample) => sample.cpuMicroseconds,
    absoluteName: 'CPU µs',
    format: (value) => value.toFixed(1),
  },
  { name: 'p99', of: (sample) => sample.p99Ms, absoluteName: 'p99 ms', format: (value) => value.toFixed(2) },
]

/** Keeps all stacks running and loads one after the other, in an order that turns by one each round. */
export async function runHttp(options: HttpRunOptions): Promise<Samples<HttpSample>> {
  const { stacks, rounds, warmUpSeconds, cores, signal, progress } = options
  await using running = new AsyncDisposableStack()
  const servers = new Map<Stack, ServerProcess>()
  for (const stack of stacks) {
    const server = await startServer(stack, {
      before: pin(cores.server),
      preloads: [preloads.keepTickShape],
      signal,
    })
    servers.set(stack, running.use(server))
  }
  for (const [stack, server] of servers) {
    progress(`http: warming up ${stack.name}`)
    await loadServer(server, { ...options, seconds: warmUpSeconds })
  }
  const samples = new Map<Stack, HttpSample[]>(stacks.map((stack) => [stack, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [stack, server] of turn([...servers], round)) {
      progress(`http: round ${round + 1} of ${rounds}, ${stack.name}`)
      samples.get(stack)?.push(await measure(server, options))
    }
  }
  return samples
}

async function measure(server: ServerProcess, options: HttpRunOptions): Promise<HttpSample> {
  const before = readCpuMs(server.pid)
  const { requestCount, requestsPerSecond, p99Ms } = await loadServer(server, options)
  const cpuMs = readCpuMs(server.pid) - before
  return { requestsPerSecond, cpuMicroseconds: (cpuMs * 1000) / requestCount, p99Ms }
}

/** The list with its first elements moved to the end. */
function turn<Item>(items: readonly Item[], count: number): readonly Item[] {
  const first = count % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
