import { KeelsonError } from '@keelson/core/errors'
import { formatPretty } from '@keelson/log'
import type { CommandIo, CommandModule } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { splitRows } from './split-rows.ts'

const help = `node main.js | keelson pretty

Reads log lines from standard input, GELF or the form for collectors, and writes them as text for people. What is no
such line is shown as it is; control characters are shown as escapes. Colours on a terminal, unless NO_COLOR is set.

Ctrl-C: goes on until the service has said its last words and ended.

Exit codes: 0 at the end of the input, 64 wrong command line, 130 and 143 after SIGINT and SIGTERM.
`

/** `keelson pretty`. */
export const command: CommandModule = prettyCommand(() => process.stdin)

/**
 * Makes the command over an input.
 *
 * @param openInput opens it; called when the command runs
 */
export function prettyCommand(openInput: () => AsyncIterable<Uint8Array | string>): CommandModule {
  return {
    help,
    async run(args, io) {
      if (args.length > 0) {
        throw new KeelsonError(
          'KEELSON_CLI_USAGE',
          `pretty takes no arguments, and was given "${args[0]}". It reads standard input: node main.js | keelson pretty`,
        )
      }
      const colour = io.outIsTerminal && (io.env['NO_COLOR'] ?? '') === ''
      await readAll(openInput(), io, (row) => io.out(row === '' ? '\n' : formatPretty(row, { colour })))
      return cliExitCodes.pass
    },
  }
}

/** Reads to the end, or until SIGTERM. SIGINT reaches the service of the same terminal too: its last lines are to come. */
async function readAll(
  input: AsyncIterable<Uint8Array | string>,
  { signal }: CommandIo,
  take: (row: string) => void,
): Promise<void> {
  const rows = splitRows(input)[Symbol.asyncIterator]()
  const ended = new Promise<{ done: true }>((resolve) => {
    const onAbort = (): void => {
      if (signal.reason === 'SIGTERM') resolve({ done: true })
    }
    signal.addEventListener('abort', onAbort, { once: true })
    onAbort()
  })
  for (;;) {
    const next = await Promise.race([rows.next(), ended])
    if (next.done === true) return
    take(next.value)
  }
}
