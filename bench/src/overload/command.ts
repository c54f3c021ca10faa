import { parseArgs } from 'node:util'
import { median } from '../statistics.ts'
import type { Table } from '../table.ts'
import { guards } from './guards.ts'
import type { Connections } from './overload-load.ts'
import { type OverloadSample, runOverload } from './overload-run.ts'
import { works, type WorkName } from './works.ts'

/** What the command line asks for. */
export interface OverloadOptions {
  readonly works: readonly WorkName[]
  readonly guards: readonly string[]
  readonly connections: readonly Connections[]
  readonly seeds: number
  readonly seconds: number
}

const guardNames: readonly string[] = ['keelson', ...Object.keys(guards)]
// The keys of the table itself.
const workNames = Object.keys(works) as readonly WorkName[]

const connectionNames: readonly Connections[] = ['kept', 'new']

/** Text of `npm run bench -- overload --help`. */
export const overloadUsage: string = `npm run bench -- overload [options]

  One replica under twice the load that it can do, and after a burst: goodput, durations, critical requests, recovery.

  --works A,B       only these: ${workNames.join(', ')}
  --guards A,B      only these: ${guardNames.join(', ')}; keelson N for a bound of N milliseconds
  --connections A,B kept, new, or both (kept,new)
  --seeds N         runs of each, with loads of their own (3)
  --seconds N       length of the overload (20)`

/**
 * Reads the command line.
 *
 * @returns `undefined` when only the help was asked for
 * @throws Error that names the argument that is wrong
 */
export function readOverloadOptions(args: readonly string[]): OverloadOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      works: { type: 'string', default: workNames.join(',') },
      guards: { type: 'string', default: guardNames.join(',') },
      connections: { type: 'string', default: connectionNames.join(',') },
      seeds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  return {
    works: values.works.split(',').map(toWorkName),
    guards: values.guards.split(',').map(toGuard),
    connections: values.connections.split(',').map(toConnections),
    seeds: toCount('--seeds', values.seeds),
    seconds: toCount('--seconds', values.seconds),
  }
}

/** Runs every guard under every work, the guards by turns. */
export async function runOverloads(
  options: OverloadOptions,
  progress: (text: string) => void,
): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const work of options.works) {
    for (const connections of options.connections) {
      const samples: OverloadSample[] = []
      for (let seed = 1; seed <= options.seeds; seed++) {
        for (const guard of options.guards) {
          progress(`${work}, ${connections} connections, run ${seed} of ${options.seeds}: ${guard}`)
          samples.push(await runOverload(work, guard, connections, seed, options.seconds))
        }
      }
      tables.push(tableOf(work, connections, options, samples))
    }
  }
  return tables
}

function tableOf(
  work: WorkName,
  connections: Connections,
  { guards: names, seeds, seconds }: OverloadOptions,
  samples: readonly OverloadSample[],
): Table {
  const { capacity, unloadedMs } = works[work]
  return {
    title: `${work}, ${connections} connections: ${unloadedMs} ms a request, ${capacity} requests/s at most; ${seeds} runs of ${seconds} s, median (worst)`,
    header: [
      'guard',
      'goodput ÷ capacity',
      'p99 accepted, ms',
      'p99 at 30 %, ms',
      'critical',
      'p99 refused, ms',
      'recovery, s',
      'refused at 90 %',
    ],
    rows: names.map((guard) => {
      const own = samples.filter((sample) => sample.guard === guard)
      const show = (
        of: (sample: OverloadSample) => number,
        text: (value: number) => string,
        best: 'least' | 'most',
      ) => {
        const values = own.map(of)
        const worst = best === 'least' ? Math.max(...values) : Math.min(...values)
        return `${text(median(values))} (${text(worst)})`
      }
      return [
        guard,
        show(({ goodputRatio }) => goodputRatio, percent, 'most'),
        show(({ acceptedP99Ms }) => acceptedP99Ms, whole, 'least'),
        show(({ unloadedP99Ms }) => unloadedP99Ms, whole, 'least'),
        show(({ criticalRatio }) => criticalRatio, percent, 'most'),
        show(({ refusedP99Ms }) => refusedP99Ms, whole, 'least'),
        show(({ recoveryMs }) => recoveryMs / 1_000, seconds1, 'least'),
        show(({ refusedRatio }) => refusedRatio, percent, 'least'),
      ]
    }),
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function whole(value: number): string {
  return value.toFixed(0)
}

function seconds1(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'never'
}

function toWorkName(text: string): WorkName {
  const found = workNames.find((name) => name === text)
  if (found !== undefined) return found
  throw new Error(`There is no work called ${text}.\n\n${overloadUsage}`)
}

function toConnections(text: string): Connections {
  const found = connectionNames.find((name) => name === text)
  if (found !== undefined) return found
  throw new Error(`Connections are kept or new, not ${text}.\n\n${overloadUsage}`)
}

function toGuard(text: string): string {
  if (guardNames.includes(text) || /^keelson \d+$/.test(text)) return text
  throw new Error(`There is no guard called ${text}.\n\n${overloadUsage}`)
}

function toCount(option: string, text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 1_000) return count
  throw new Error(`${option} is ${text}, but must be a whole number from 1 to 1000.`)
}
