import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formatRatio } from '../figures.ts'
import { median, ratioSpread } from '../statistics.ts'
import type { Table } from '../table.ts'
import {
  contenderNames,
  costOfLine,
  costOfMessage,
  type Amount,
  type ContenderName,
  type Output,
} from './log-run.ts'
import { linesOf, workDescriptions, workNames, type WorkName } from './work.ts'

/** What the command line asks for. */
export interface LogBenchOptions {
  readonly rounds: number
  /** Lines that each process counts; winston counts a quarter. */
  readonly lines: number
  readonly works: readonly WorkName[]
  readonly outputs: readonly Output[]
  readonly shipping: boolean
  readonly markdown: boolean
}

/** Text of `npm run bench -- log --help`. */
export const logUsage: string = `npm run bench -- log [options]

  CPU of one log line of keelson, by pino and by winston; of one message shipped by keelson's adapter and by gelf-pro's.

  --rounds N       rounds; all contenders take their turn in each (5)
  --lines N        lines that each process counts (200000)
  --works A,B      only these kinds of line: ${workNames.join(', ')}; none leaves out all
  --outputs A,B    only these: null, pipe
  --no-shipping    leaves the shipping out
  --markdown       tables as Markdown`

/**
 * Reads the command line.
 *
 * @returns `undefined` when only the help was asked for
 * @throws Error that names the argument that is wrong
 */
export function readLogOptions(args: readonly string[]): LogBenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      rounds: { type: 'string', default: '5' },
      lines: { type: 'string', default: '200000' },
      works: { type: 'string', default: workNames.join(',') },
      outputs: { type: 'string', default: 'null,pipe' },
      shipping: { type: 'boolean', default: true },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  return {
    rounds: toCount('--rounds', values.rounds, 1000),
    lines: toCount('--lines', values.lines, 10_000_000),
    works: values.works === 'none' ? [] : values.works.split(',').map(toWork),
    outputs: values.outputs.split(',').map(toOutput),
    shipping: values.shipping,
    markdown: values.markdown,
  }
}

/**
 * Measures.
 *
 * @param progress is told what happens
 */
export async function runLog(
  options: LogBenchOptions,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const output of options.works.length === 0 ? [] : options.outputs) {
    tables.push(await lineTable(output, options, signal, progress))
  }
  if (options.shipping) tables.push(await shippingTable(options, signal, progress))
  return tables
}

async function lineTable(
  output: Output,
  { rounds, lines, works }: LogBenchOptions,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<Table> {
  const rows: string[][] = []
  for (const work of works) {
    const costs = new Map<ContenderName, number[]>(contenderNames.map((name) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const [index] of contenderNames.entries()) {
        // The first one changes each round.
        const name = contenderNames[(index + round) % contenderNames.length] ?? 'pino'
        progress(`${work} to ${output}: ${name}, round ${round + 1} of ${rounds}`)
        costs.get(name)?.push(await costOfLine(name, work, output, amountOf(name, work, lines), signal))
      }
    }
    const [pino = [], keelson = [], winston = []] = contenderNames.map((name) => costs.get(name))
    rows.push([
      `${work}: ${workDescriptions[work]}`,
      formatRatio(ratioSpread(keelson, pino)),
      formatRatio(ratioSpread(keelson, winston)),
      ...[keelson, pino, winston].map((values) => median(values).toFixed(2)),
    ])
  }
  return {
    title: `CPU per line to ${output === 'pipe' ? 'a pipe' : output}: median (quartiles) of ${rounds} rounds`,
    header: ['line', 'keelson ÷ pino', 'keelson ÷ winston', 'keelson µs', 'pino µs', 'winston µs'],
    rows,
  }
}

async function shippingTable(
  { rounds, lines }: LogBenchOptions,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<Table> {
  const sink = await startSink()
  try {
    const rows: string[][] = []
    for (const transport of ['udp', 'tcp'] as const) {
      const [ours, theirs]: [number[], number[]] = [[], []]
      for (let round = 0; round < rounds; round++) {
        progress(`shipping over ${transport}, round ${round + 1} of ${rounds}`)
        const many = { counted: lines / 4, warmUp: lines / 10 }
        // A connection a message: more of them would leave no free port on the machine.
        const few = { counted: 2000, warmUp: 1000 }
        ours.push(await costOfMessage('keelson', transport, sink.port, many, signal))
        theirs.push(await costOfMessage('gelf-pro', transport, sink.port, few, signal))
      }
      rows.push([
        transport,
        formatRatio(ratioSpread(theirs, ours)),
        median(ours).toFixed(2),
        median(theirs).toFixed(1),
      ])
    }
    return {
      title: `Messages shipped per second of CPU: median (quartiles) of ${rounds} rounds`,
      header: ['transport', "keelson's adapter ÷ gelf-pro's own", 'keelson µs', 'gelf-pro µs'],
      rows,
    }
  } finally {
    sink.end()
  }
}

/** Every contender takes about the same time, so that a disturbance weighs the same on each. */
function amountOf(name: ContenderName, work: WorkName, lines: number): Amount {
  const turns = lines / linesOf(work) / (name === 'winston' ? 4 : 1)
  return { counted: Math.ceil(turns), warmUp: Math.ceil(turns / 4) }
}

async function startSink(): Promise<{ readonly port: number; readonly end: () => void }> {
  const path = fileURLToPath(new URL('../../dist/log/sink.js', import.meta.url))
  const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdout.setEncoding('utf8')
  const [text] = (await once(child.stdout, 'data')) as [string] // the stream has an encoding
  return { port: Number(text), end: () => child.stdin.end() }
}

function toWork(text: string): WorkName {
  const found = workNames.find((name) => name === text)
  if (found !== undefined) return found
  throw new Error(`There is no kind of line called ${text}.\n\n${logUsage}`)
}

function toOutput(text: string): Output {
  if (text === 'null') return '/dev/null'
  if (text === 'pipe') return text
  throw new Error(`There is no output called ${text}.\n\n${logUsage}`)
}

function toCount(option: string, text: string, most: number): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= most) return count
  throw new Error(`${option} is ${text}, but must be a whole number from 1 to ${most}.`)
}
