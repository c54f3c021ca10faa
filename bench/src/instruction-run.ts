import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseInstructionCount } from './cachegrind-output.ts'
import type { Figure, Samples } from './comparison.ts'
import { formatCount } from './figures.ts'
import { preloads } from './preloads.ts'
import { sendRequests } from './sequential-client.ts'
import { startServer } from './server-process.ts'
import type { Stack } from './stacks.ts'

export interface InstructionRunOptions {
  readonly stacks: readonly Stack[]
  /** Pairs of a short and a long life of each stack. */
  readonly lives: number
  /** Processes that run at the same time. Counts do not depend on neighbours, only the time to wait does. */
  readonly parallelCount: number
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** What is compared: instructions in user space per request, one sample for each pair of lives. */
export const instructionFigures: readonly Figure<number>[] = [
  { name: 'ratio', of: (instructions) => instructions, absoluteName: 'instructions', format: formatCount },
]

/**
 * Requests in the short and in the long life of a process. Start-up, and most of the compilation of hot code, happen in
 * both and vanish in the difference.
 */
export const lifeRequestCounts: Readonly<{ short: number; long: number }> = Object.freeze({
  short: 10_000,
  long: 25_000,
})

/**
 * A request may wait fifty times as long as by default, since everything takes that long here. The probe thread has no
 * part in a request, and what it does by the clock would be charged fifty times over: it cannot be slowed from outside.
 */
const environment = { ADMISSION__BACKLOG: '5s', OPS__THREAD: 'false' }

/** A start under valgrind takes some fifty times as long as without it, longer where other work waits for the cores. */
const limitMs = 300_000

/** Lets each stack live a short and a long life under valgrind and counts what the additional requests cost. */
export async function runInstructions(options: InstructionRunOptions): Promise<Samples<number>> {
  const { stacks, parallelCount, progress } = options
  const lives = Array.from({ length: options.lives }, () => stacks.flatMap((stack) => livesOf(stack))).flat()
  const counted = new Map<Life, number>()
  // One life that fails ends the others.
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  await inParallel(lives, parallelCount, async (life) => {
    try {
      counted.set(life, await countInstructions(life, { ...options, signal }))
    } catch (error) {
      failed.abort(error)
      throw error
    }
    const total = formatCount(counted.get(life) ?? 0)
    progress(
      `instructions: ${counted.size} of ${lives.length} lives counted, last ${life.stack.name}: ${total} for ${life.requestCount} requests`,
    )
  })
  return new Map(
    stacks.map((stack) => [
      stack,
      perRequest(
        lives.filter((life) => life.stack === stack),
        counted,
      ),
    ]),
  )
}

/** One process from start to end. */
interface Life {
  readonly stack: Stack
  readonly requestCount: number
}

function livesOf(stack: Stack): readonly Life[] {
  const { short, long } = lifeRequestCounts
  return [long, short].map((requestCount) => ({ stack, requestCount }))
}

async function countInstructions(
  { stack, requestCount }: Life,
  { signal }: InstructionRunOptions,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-bench-'))
  const log = join(folder, 'valgrind.log')
  const valgrind = ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null']
  try {
    const server = await startServer(stack, {
      before: [...valgrind, `--log-file=${log}`],
      // V8 then compiles and collects on the thread that is counted, whatever else the machine does.
      nodeOptions: ['--single-threaded'],
      env: environment,
      preloads: [preloads.keepTickShape, preloads.slowTimers],
      limitMs,
      signal,
    })
    try {
      await sendRequests(server.url, requestCount, signal)
    } finally {
      await server.stop()
    }
    return parseInstructionCount(readFileSync(log, 'utf8'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs work on all items, no more than some at a time, begun in their order. */
async function inParallel<Item>(
  items: readonly Item[],
  parallelCount: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const workers = Array.from({ length: parallelCount }, async () => {
    for (const item of waiting) await work(item)
  })
  await Promise.all(workers)
}

/** The differences of a stack's lives, which come as long, short, long, short, …. */
function perRequest(lives: readonly Life[], counted: ReadonlyMap<Life, number>): readonly number[] {
  const { short, long } = lifeRequestCounts
  const counts = lives.map((life) => counted.get(life) ?? Number.NaN)
  return counts.flatMap((count, index) =>
    index % 2 === 0 ? [(count - (counts[index + 1] ?? Number.NaN)) / (long - short)] : [],
  )
}
