// `npm run bench`: the same small service on keelson, on bare Fastify and on Fastify with its usual plugins.
import { availableParallelism } from 'node:os'
import { build } from './build.ts'
import { compare } from './comparison.ts'
import { chooseCores } from './cores.ts'
import { counterFigures, counterRequestCounts, runCounters } from './counter-run.ts'
import { httpFigures, runHttp } from './http-run.ts'
import { exitFigures, runExit } from './exit-run.ts'
import { instructionFigures, runInstructions } from './instruction-run.ts'
import { logUsage, readLogOptions, runLog } from './log/command.ts'
import { describeCores, describeMachine } from './machine.ts'
import { readOptions, usage, type BenchOptions, type RunName } from './options.ts'
import { profileTables, runProfile } from './profile-run.ts'
import { overloadUsage, readOverloadOptions, runOverloads } from './overload/command.ts'
import { requirePackages, requireProgram } from './programs.ts'
import { endProgress, showProgress } from './progress.ts'
import { readRestartOptions, restartsUsage, runRestarts } from './restarts/command.ts'
import { programsOf } from './restarts/front.ts'
import { readSoakOptions, runSoakCommand, soakUsage } from './soak/command.ts'
import { basesOf } from './stacks.ts'
import { runStartup, startupFigures } from './startup-run.ts'
import { renderTable, type Table } from './table.ts'

/** Something that can be measured. */
interface Run {
  /** Programs that it cannot do without. */
  readonly programs: readonly string[]
  /** Measures; gives one line on how, and the tables. */
  readonly measure: (options: RunOptions) => Promise<readonly [how: string, tables: readonly Table[]]>
}

interface RunOptions extends BenchOptions {
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

const runs: Readonly<Record<RunName, Run>> = {
  http: {
    programs: ['wrk'],
    async measure(options) {
      const { stacks, rounds, seconds, warmUpSeconds, connections } = options
      const cores = chooseCores()
      const samples = await runHttp({ ...options, cores })
      return [
        `HTTP: ${rounds} rounds of ${seconds} s after ${warmUpSeconds} s of warm-up, ${connections} connections; ${describeCores(cores)}.`,
        basesOf(stacks).map((base) => compare('HTTP', samples, base, httpFigures)),
      ]
    },
  },
  instructions: {
    programs: ['valgrind'],
    async measure(options) {
      const samples = await runInstructions({ ...options, parallelCount: availableParallelism() })
      return [
        `Instructions: ${options.lives} pairs of lives of each stack under valgrind, user space only; timers slowed, monitors of event-loop delay silent.`,
        basesOf(options.stacks).map((base) =>
          compare('Instructions per request', samples, base, instructionFigures),
        ),
      ]
    },
  },
  counters: {
    programs: ['perf'],
    async measure(options) {
      const { warmUp, counted } = counterRequestCounts
      const samples = await runCounters(options)
      return [
        `Counters: ${options.lives} processes of each stack, ${counted} requests after ${warmUp}, one connection at a time, hardware counters.`,
        basesOf(options.stacks).map((base) =>
          compare('Instructions per request', samples, base, counterFigures),
        ),
      ]
    },
  },
  startup: {
    programs: [],
    async measure(options) {
      const samples = await runStartup(options)
      return [
        `Start-up: ${options.rounds} starts of each stack, one at a time, to the first 200 on the readiness.`,
        basesOf(options.stacks).map((base) => compare('Start-up', samples, base, startupFigures)),
      ]
    },
  },
  exit: {
    programs: [],
    async measure(options) {
      const samples = await runExit(options)
      return [
        `Exit: ${options.rounds} stops of each stack, one at a time, one connection kept alive and idle.`,
        basesOf(options.stacks).map((base) => compare('Exit', samples, base, exitFigures)),
      ]
    },
  },
  profile: {
    programs: ['wrk'],
    async measure(options) {
      const { seconds, connections } = options
      const cores = chooseCores()
      const profiles = await runProfile({ ...options, cores })
      return [
        `Profile: ${seconds} s of load on ${connections} connections; ${describeCores(cores)}.`,
        profileTables(profiles),
      ]
    },
  },
}

async function main(signal: AbortSignal): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) {
    console.log(usage)
    return
  }
  for (const program of options.runs.flatMap((name) => runs[name].programs)) requireProgram(program)
  for (const stack of options.stacks) requirePackages(stack)
  const machine = describeMachine()
  showProgress('building')
  await build(signal)
  endProgress()
  console.log(`${machine}\n`)
  for (const name of options.runs) {
    const [how, tables] = await runs[name].measure({ ...options, signal, progress: showProgress })
    endProgress()
    console.log([how, ...tables.map((table) => renderTable(table, options.markdown)), ''].join('\n\n'))
  }
}

/** `npm run bench -- restarts …`: a trial with options of its own. */
async function restarts(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readRestartOptions(args)
  if (options === undefined) {
    console.log(restartsUsage)
    return
  }
  for (const program of options.fronts.flatMap(programsOf)) requireProgram(program)
  const machine = describeMachine()
  if (!options.sources) {
    showProgress('building')
    await build(signal)
    endProgress()
  }
  const table = await runRestarts(options, signal, showProgress)
  endProgress()
  console.log(`${machine}\n\n${renderTable(table, true)}\n`)
}

async function overload(args: readonly string[]): Promise<void> {
  const options = readOverloadOptions(args)
  if (options === undefined) {
    console.log(overloadUsage)
    return
  }
  const tables = await runOverloads(options, showProgress)
  endProgress()
  console.log([describeMachine(), ...tables.map((table) => renderTable(table, true)), ''].join('\n\n'))
}

/** `npm run bench -- soak …`: the same, for hours. */
async function soak(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readSoakOptions(args)
  if (options === undefined) {
    console.log(soakUsage)
    return
  }
  const machine = describeMachine()
  showProgress('building')
  await build(signal)
  endProgress()
  const table = await runSoakCommand(options, signal, showProgress)
  endProgress()
  console.log(`${machine}\n\n${renderTable(table, true)}\n`)
}

/** `npm run bench -- log …`: what a line costs, with options of its own. */
async function log(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readLogOptions(args)
  if (options === undefined) {
    console.log(logUsage)
    return
  }
  const machine = describeMachine()
  showProgress('building')
  await build(signal)
  const tables = await runLog(options, signal, showProgress)
  endProgress()
  console.log([machine, ...tables.map((table) => renderTable(table, options.markdown)), ''].join('\n\n'))
}

const trials: Readonly<Record<string, typeof restarts>> = { restarts, soak, log, overload }

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`The bench was ended by ${name}.`)))
}
try {
  const [first = '', ...rest] = process.argv.slice(2)
  await (trials[first]?.(rest, interrupted.signal) ?? main(interrupted.signal))
} catch (error) {
  endProgress()
  console.error(messageOf(interrupted.signal.aborted ? interrupted.signal.reason : error))
  process.exitCode = 1
}

/** The message of an error with those of its causes, without stacks. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} ${messageOf(error.cause)}`
}
