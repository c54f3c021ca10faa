import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, test } from 'vitest'
import type { CommandIo } from '../command.ts'
import { prettyCommand } from './pretty-command.ts'
import { splitRows } from './split-rows.ts'

const line = `${JSON.stringify({ version: '1.1', host: 'h', short_message: 'grüße\nzwei', level: 6, timestamp: 1 })}\n`

async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* parts
}

async function* endless(): AsyncGenerator<string> {
  yield line
  await new Promise(() => {})
}

async function rowsOf(...parts: (string | Uint8Array)[]): Promise<string[]> {
  const rows: string[] = []
  for await (const row of splitRows(pieces(...parts))) rows.push(row)
  return rows
}

function world(options: Partial<CommandIo> = {}) {
  const written: string[] = []
  const io: CommandIo = {
    out: (text) => void written.push(text),
    err: () => {},
    outIsTerminal: false,
    errIsTerminal: false,
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    ...options,
  }
  return { io, written }
}

describe('keelson pretty', () => {
  test('writes lines for people, and what is no line as it is', async () => {
    const { io, written } = world()
    const code = await prettyCommand(() => pieces(line, 'plain \u001b[31m\n\n')).run([], io)
    expect(code).toBe(0)
    expect(written[0]).toMatch(/ INFO {2}grüße\n {4}zwei\n$/)
    expect(written.slice(1)).toEqual(['plain \\x1b[31m\n', '\n'])
  })

  test.each([
    ['on a terminal', true, {}, true],
    ['on a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['into a file', false, {}, false],
  ])('has colours or not: %s', async (_case, outIsTerminal, env, expected) => {
    const { io, written } = world({ outIsTerminal, env })
    await prettyCommand(() => pieces(line)).run([], io)
    expect(written.join('').includes('\u001b[')).toBe(expected)
  })

  test('reads on after SIGINT, for the last words of the service, and ends at SIGTERM', async () => {
    const interrupted = new AbortController()
    interrupted.abort('SIGINT')
    const after = world({ signal: interrupted.signal })
    await prettyCommand(() => pieces(line)).run([], after.io)
    expect(after.written).toHaveLength(1)

    const terminated = new AbortController()
    const { io } = world({ signal: terminated.signal })
    const running = prettyCommand(endless).run([], io)
    terminated.abort('SIGTERM')
    expect(await running).toBe(0)
  })

  test('takes no arguments', async () => {
    const error: unknown = await prettyCommand(() => pieces())
      .run(['file'], world().io)
      .catch((thrown: unknown) => thrown)
    expect(isKeelsonError(error, 'KEELSON_CLI_USAGE')).toBe(true)
  })
})

describe('splitRows', () => {
  test('joins rows and characters that lie across pieces', async () => {
    const bytes = Buffer.from('aä\nb')
    expect(await rowsOf(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['aä', 'b'])
    expect(await rowsOf('a\r\nb\r')).toEqual(['a', 'b'])
    expect(await rowsOf()).toEqual([])
  })

  test('cuts a row that never ends', async () => {
    const rows = await rowsOf('x'.repeat(2_500_000))
    expect(rows.map(({ length }) => length)).toEqual([1_048_576, 1_048_576, 402_848])
  })
})
