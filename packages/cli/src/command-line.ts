import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import type { CommandEntry, CommandIo } from './command.ts'
import { commands } from './commands.ts'
import { cliExitCodeOf, cliExitCodes } from './exit-codes.ts'
import { createStyle } from './terminal.ts'

/**
 * Runs the command `keelson`. Never rejects: an error becomes one message on `err` and an exit code.
 *
 * @param args what stands after `keelson`
 * @param io the world around it
 * @param table subcommands
 * @returns exit code, see `cliExitCodes`
 */
export async function runCommandLine(
  args: readonly string[],
  io: CommandIo,
  table: readonly CommandEntry[] = commands,
): Promise<number> {
  try {
    return await dispatch(args, io, table)
  } catch (error) {
    if (io.signal.aborted) return interruptedCode(io.signal)
    const style = createStyle(io.errIsTerminal, io.env)
    io.err(`${style.red('keelson:')} ${describe(error)}\n`)
    return cliExitCodeOf(error)
  }
}

async function dispatch(
  args: readonly string[],
  io: CommandIo,
  table: readonly CommandEntry[],
): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h') {
    const write = name === undefined ? io.err : io.out
    write(overview(table))
    return name === undefined ? cliExitCodes.usage : cliExitCodes.pass
  }
  const wantsHelp = name === 'help'
  const wanted = wantsHelp ? rest[0] : name
  const entry = table.find((one) => one.name === wanted)
  if (entry === undefined) {
    throw new KeelsonError(
      'KEELSON_CLI_USAGE',
      `${wanted === undefined ? 'help needs the name of a command' : `"${wanted}" is no command`}. Commands: ${table.map((one) => one.name).join(', ')}.`,
    )
  }
  const module = await entry.load()
  const own = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined)
  if (wantsHelp || own.includes('--help') || own.includes('-h')) {
    io.out(module.help)
    return cliExitCodes.pass
  }
  const code = await module.run(rest, io)
  return io.signal.aborted ? interruptedCode(io.signal) : code
}

function overview(table: readonly CommandEntry[]): string {
  const width = Math.max(...table.map(({ name }) => name.length))
  const lines = table.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `keelson <command> [options]\n\n${lines.join('\n')}\n\nkeelson <command> --help says more.\n`
}

function interruptedCode(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? cliExitCodes.terminated : cliExitCodes.interrupted
}

function describe(error: unknown): string {
  if (isKeelsonError(error)) return `${error.message}\n  ${error.code}`
  // A fault of ours: the stack is what a report of it needs.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `internal error, which should be reported.\n${text}`
}
