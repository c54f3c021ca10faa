import { KeelsonError } from '@keelson/core/errors'
import { formatPretty } from '@keelson/log'
import type { CommandIo, CommandModule } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { hasColours } from '../terminal.ts'
import { splitRows } from './split-rows.ts'

/** What is read: standard input, or a text in tests. */
export interface PrettyInput extends AsyncIterable<Uint8Array | string> {
  /** Lets go of it: an open standard input keeps the process alive. */
  destroy?(): unknown
}

const help = `node main.js | keelson pretty

Reads log lines from standard input, GELF or the form for collectors, and writes them as text for people. What stands
before a line stays there (kubectl logs --prefix, docker compose logs). What is no such line is shown as it is; control
characters are shown as escapes. Of a line that is longer than 1,048,576 characters only these are shown. Colours on a
terminal, unless NO_COLOR is set; FORCE_COLOR=1 has them elsewhere too.

Takes no more lines than are read: where the reader of its text stops (| less), it waits, and so does whoever writes the lines. A
service of keelson does not: it holds back 8 MiB and counts what it drops.

Ctrl-C: goes on until the service has said its last words and ended.

Exit codes: 0 at the end of the input, or when the reader of the text has left (| head), 64 wrong command line, 130 and
143 after SIGINT and SIGTERM.
`

/** `keelson pretty`. */
export const command: CommandModule = prettyCommand(() => process.stdin)

/**
 * Makes the command over an input.
 *
 * @param openInput opens it; called when the command runs
 */
export function prettyCommand(openInput: () => PrettyInput): CommandModule {
  return {
    help,
    async run(args, io) {
      if (args.length > 0) {
        throw new KeelsonError(
          'KEELSON_CLI_USAGE',
          `pretty takes no arguments, and was given "${args[0]}". It reads standard input: node main.js | keelson pretty`,
        )
      }
      const colour = hasColours(io.outIsTerminal, io.env)
      const input = openInput()
      try {
        await readAll(input, io, (row) => io.out(row === '' ? '\n' : formatPretty(row, { colour })))
      } finally {
        input.destroy?.()
      }
      return cliExitCodes.pass
    },
  }
}

/**
 * Reads to the end, until SIGTERM, or until nobody reads the text. SIGINT reaches the service of the same terminal too:
 * its last lines are to come.
 */
async function readAll(
  input: PrettyInput,
  { signal, readerLeft, outRoom }: CommandIo,
  take: (row: string) => void,
): Promise<void> {
  const rows = splitRows(input)[Symbol.asyncIterator]()
  const isOver = (): boolean => readerLeft?.aborted === true || signal.reason === 'SIGTERM'
  let wake: (() => void) | undefined
  const onSignal = (): void => {
    if (isOver()) wake?.()
  }
  signal.addEventListener('abort', onSignal, { once: true })
  readerLeft?.addEventListener('abort', onSignal, { once: true })
  while (!isOver()) {
    // Not Promise.race with one promise for the end: that keeps something of every row until the end comes.
    const next = await new Promise<IteratorResult<string, void> | undefined>((resolve, reject) => {
      wake = () => resolve(undefined)
      rows.next().then(resolve, reject)
    })
    if (next === undefined || next.done === true) return
    take(next.value)
    const room = outRoom?.()
    if (room === undefined || isOver()) continue
    await new Promise<void>((resolve) => {
      wake = resolve
      void room.then(resolve)
    })
  }
}
