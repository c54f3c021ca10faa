import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, test, vi } from 'vitest'
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

async function* failing(): AsyncGenerator<string> {
  yield line
  throw new Error('the input is gone')
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
    ['on a terminal with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['on a terminal that knows none', true, { TERM: 'dumb' }, false],
    ['into a file', false, {}, false],
    ['into a pager, as asked for', false, { FORCE_COLOR: '1' }, true],
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

  test('ends when the reader of its text has left, lets go of its input, and writes no more', async () => {
    const left = new AbortController()
    let isDestroyed = false
    const open = () => Object.assign(endless(), { destroy: () => (isDestroyed = true) })
    const { io, written } = world({
      readerLeft: left.signal,
      out(text) {
        written.push(text)
        left.abort()
      },
    })
    expect(await prettyCommand(open).run([], io)).toBe(0)
    expect(written).toHaveLength(1)
    expect(isDestroyed).toBe(true)
    await prettyCommand(open).run([], io)
    expect(written).toHaveLength(1)
  })

  test('waits for room before it reads on, and no longer than somebody reads or SIGTERM comes', async () => {
    const waiting: (() => void)[] = []
    const outRoom = () => new Promise<void>((resolve) => waiting.push(resolve))
    const { io, written } = world({ outRoom })
    const running = prettyCommand(() => pieces(line, line)).run([], io)
    await vi.waitFor(() => expect(written).toHaveLength(1))
    await new Promise((resolve) => setImmediate(resolve))
    expect(written).toHaveLength(1)
    waiting.pop()?.()
    await vi.waitFor(() => expect(written).toHaveLength(2))
    waiting.pop()?.()
    expect(await running).toBe(0)

    for (const end of ['readerLeft', 'signal'] as const) {
      const ending = new AbortController()
      const stopped = world({ outRoom, [end]: ending.signal })
      const ended = prettyCommand(() => pieces(line, line)).run([], stopped.io)
      await vi.waitFor(() => expect(stopped.written).toHaveLength(1))
      ending.abort('SIGTERM')
      expect(await ended).toBe(0)
      expect(stopped.written).toHaveLength(1)
    }
  })

  test('fails as its input fails', async () => {
    const { io, written } = world()
    await expect(prettyCommand(failing).run([], io)).rejects.toThrow('the input is gone')
    expect(written).toHaveLength(1)
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

  test('shows the beginning of a row that is too long, and no further part of it as a row', async () => {
    const long = 'x'.repeat(1_048_577)
    const cut = `${'x'.repeat(1_048_576)} …`
    expect(await rowsOf(long, long, `${line.trim()}\nb`)).toEqual([cut, 'b'])
    expect(await rowsOf(`a\n${long}\nb\n`, long, '\nc\n', long)).toEqual(['a', cut, 'b', cut, 'c', cut])
    expect(await rowsOf(long.slice(1), '\nb')).toEqual([long.slice(1), 'b'])
  })
})
