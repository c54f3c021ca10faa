import { parseArgs } from 'node:util'
import { baselineName, stacks } from '../stacks.ts'
import type { Table } from '../table.ts'
import { runSoak, type SoakResult } from './soak-run.ts'

/** What the command line asks for. */
export interface SoakOptions {
  readonly minutes: number
  readonly warmUpMinutes: number
  readonly clients: number
}

/** Text of `npm run bench -- soak --help`. */
export const soakUsage: string = `npm run bench -- soak [options]

  Growth of memory in a long life under steady load, for keelson and bare Fastify at the same time.

  --minutes N       length of the life (30)
  --warm-up N       minutes at its beginning that do not count (10); at least three must be left
  --clients N       clients of each, one request every 10 to 50 ms (16)`

/**
 * Reads the command line.
 *
 * @returns `undefined` when only the help was asked for
 * @throws Error that names the argument that is wrong
 */
export function readSoakOptions(args: readonly string[]): SoakOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '30' },
      'warm-up': { type: 'string', default: '10' },
      clients: { type: 'string', default: '16' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const options = {
    minutes: toWhole('--minutes', values.minutes),
    warmUpMinutes: toWhole('--warm-up', values['warm-up']),
    clients: toWhole('--clients', values.clients),
  }
  if (options.minutes - options.warmUpMinutes < 3) {
    throw new Error(
      `--warm-up ${options.warmUpMinutes} leaves fewer than three of ${options.minutes} minutes.`,
    )
  }
  return options
}

/** Runs the trial. */
export async function runSoakCommand(
  options: SoakOptions,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<Table> {
  const both = stacks.filter(({ name }) => name === 'keelson' || name === baselineName)
  const results = await runSoak({ ...options, stacks: both, signal, progress })
  return {
    title: `Memory over ${options.minutes} minutes, the first ${options.warmUpMinutes} not counted`,
    header: ['stack', 'MiB/min', 'first MiB', 'last MiB', 'requests', 'failed', 'CPU ms/request'],
    rows: [...results].map(([{ name }, result]) => [name, ...cellsOf(result)]),
  }
}

function cellsOf({ line, firstMib, lastMib, requestCount, failures, cpuMs }: SoakResult): readonly string[] {
  const kinds = [...failures].map(([kind, count]) => `${kind} ×${count}`).join(', ')
  return [
    `${line.slope.toFixed(3)} ± ${line.slopeError.toFixed(3)}`,
    firstMib.toFixed(1),
    lastMib.toFixed(1),
    String(requestCount),
    kinds === '' ? '0' : kinds,
    (cpuMs / requestCount).toFixed(3),
  ]
}

function toWhole(option: string, text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count
  throw new Error(`${option} is ${text}, but must be a whole number from 1 to 10000.`)
}
