import { parseArgs } from 'node:util'
import { baselineName, stacks, usualStacks, type Stack } from './stacks.ts'

const runNames = ['http', 'instructions', 'counters', 'startup', 'exit', 'profile'] as const

/** What can be measured. */
export type RunName = (typeof runNames)[number]

/** What the command line asks for. */
export interface BenchOptions {
  readonly runs: readonly RunName[]
  readonly stacks: readonly Stack[]
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  readonly warmUpSeconds: number
  readonly lives: number
  readonly markdown: boolean
}

/** Text of `--help`. */
export const usage: string = `npm run bench -- [http] [instructions] [counters] [startup] [exit] [profile] [options]

  http           requests/s, processor time per request and p99 under load (wrk)
  instructions   instructions per request (valgrind)
  counters       instructions per request of a warm process (perf; needs hardware counters)
  startup        processor time and memory up to the first 200 on the readiness
  exit           time from SIGTERM to the end, with an idle connection and no drain delay
  profile        where the time of a request goes, by package and by function
                 Without a name: http and instructions.
  restarts       failed requests per rolling restart, keelson and peers; alone, see restarts --help
  soak           growth of memory in a long life under load; alone, see soak --help
  log            processor time of a log line and of a shipped message, keelson and peers; alone, see log --help
  overload       one replica under twice the load that it can do, with several guards; alone, see overload --help

  --rounds N        rounds of http, startup and exit (10)
  --seconds N       length of one http measurement (2)
  --connections N   connections of wrk (32)
  --warm-up N       seconds of load before the first http round (4)
  --lives N         processes of each stack for counters, pairs of them for instructions (2)
  --stacks A,B      only these besides ${baselineName}: ${stacks.map(({ name }) => name).join(', ')}
  --markdown        tables as Markdown`

/**
 * Reads the command line.
 *
 * @returns `undefined` when only the help was asked for
 * @throws Error that names the argument that is wrong
 */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '2' },
      connections: { type: 'string', default: '32' },
      'warm-up': { type: 'string', default: '4' },
      lives: { type: 'string', default: '2' },
      stacks: { type: 'string', default: usualStacks.map(({ name }) => name).join(',') },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  return {
    runs: positionals.length === 0 ? ['http', 'instructions'] : positionals.map(toRunName),
    stacks: chooseStacks(values.stacks),
    rounds: toCount('--rounds', values.rounds),
    seconds: toCount('--seconds', values.seconds),
    connections: toCount('--connections', values.connections),
    warmUpSeconds: toCount('--warm-up', values['warm-up']),
    lives: toCount('--lives', values.lives),
    markdown: values.markdown,
  }
}

function toRunName(text: string): RunName {
  const name = runNames.find((known) => known === text)
  if (name !== undefined) return name
  throw new Error(`There is no run called ${text}.\n\n${usage}`)
}

function toCount(option: string, text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count
  throw new Error(`${option} is ${text}, but must be a whole number from 1 to 10000.`)
}

/** The baseline always runs: a figure without its ratio says nothing. */
function chooseStacks(list: string): readonly Stack[] {
  const names = new Set<string>([baselineName, ...list.split(',')])
  const unknown = [...names].filter((name) => !stacks.some((stack) => stack.name === name))
  if (unknown.length > 0) throw new Error(`There is no stack called ${unknown.join(', ')}.\n\n${usage}`)
  return stacks.filter(({ name }) => names.has(name))
}
