import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkGelfLine } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const program = fileURLToPath(new URL('./programs/write-lines.ts', import.meta.url))

interface Facts {
  readonly dropped: number
  /** How often dropped lines were told of; each telling is a line itself. */
  readonly tellings: number
  readonly reasons: readonly string[]
  readonly longestMs: number
  readonly turns: number
  readonly totalMs: number
  /** Memory of buffers: the queue, and little else. */
  readonly heldMb: number
  /** Memory of the whole process since its log was made. */
  readonly grownMb: number
  readonly sharedNonBlocking: boolean
}

let folder = ''
const started: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keelson-log-'))
})

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Starts the program with standard output on a descriptor of ours, which the test gives away. */
function start(
  stdout: number,
  ...args: string[]
): { ended: Promise<string>; facts: () => Facts[]; kill: () => void } {
  const reports = join(folder, 'reports')
  const child = spawn(process.execPath, ['--conditions=keelson-source', program, ...args, reports], {
    stdio: ['ignore', stdout, 'ignore'],
  })
  started.push(child)
  closeSync(stdout)
  return {
    kill: () => void child.kill('SIGKILL'),
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(String(signal ?? code)))),
    facts: () =>
      existsSync(reports)
        ? readFileSync(reports, 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Facts) // what the program writes
        : [],
  }
}

/** A pipe: its reading end as a stream that reads only when told, its writing end as a descriptor. */
function makePipe(): { reader: Socket; writeFd: number } {
  const path = join(folder, 'pipe')
  execFileSync('sh', ['-c', 'mkfifo "$0"', path])
  // Opened first and without blocking: a pipe without reader cannot be opened for writing.
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeFd = openSync(path, constants.O_WRONLY)
  return { reader: new Socket({ fd: readFd, readable: true, writable: false }), writeFd }
}

async function textOf(reader: Socket): Promise<string> {
  let text = ''
  reader.setEncoding('utf8')
  for await (const chunk of reader) text += String(chunk)
  return text
}

async function linesOf(reader: Socket): Promise<string[]> {
  return (await textOf(reader)).split('\n').slice(0, -1)
}

function numbersOf(lines: readonly string[]): number[] {
  const fields = lines.map((line): Record<string, unknown> => JSON.parse(line))
  return fields.filter((line) => line['short_message'] === 'line').map((line) => Number(line['_number']))
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

describe('standard output', () => {
  test.each(['sigkill', 'sigterm', 'abort'])(
    'has every line in the pipe when the call returns, so that %s takes none away',
    async (end) => {
      const { reader, writeFd } = makePipe()
      reader.pause()
      // As many as a pipe holds (64 KiB): nobody reads before the process is dead.
      const { ended } = start(writeFd, '200', end)
      await ended
      const lines = await linesOf(reader)
      expect(numbersOf(lines)).toEqual(upTo(200))
      expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
    },
  )

  test.each(['throw', 'reject', 'exit'])(
    'has every one of 2,001 lines in a pipe that is read, when the process ends by %s',
    async (end) => {
      const { reader, writeFd } = makePipe()
      const { ended } = start(writeFd, '2001', end)
      const lines = await linesOf(reader)
      await ended
      expect(numbersOf(lines)).toEqual(upTo(2001))
      expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
    },
  )

  // A reader of its own: this process has other things to do than to keep a pipe empty. Where no core is free for the
  // reader within 20 ms, lines wait, and what waits dies by SIGKILL, SIGTERM and abort: then it is tried again.
  test.each(['sigkill', 'sigterm', 'abort', 'throw', 'reject', 'exit'])(
    'has 2,001 lines in a pipe whose reader reads, when the process ends by %s',
    { retry: 4 },
    async (end) => {
      const path = join(folder, 'pipe')
      const output = join(folder, 'output')
      execFileSync('mkfifo', [path])
      const reader = spawn('sh', ['-c', 'exec cat "$0" > "$1"', path, output], { stdio: 'ignore' })
      started.push(reader)
      const read = once(reader, 'exit')
      await start(openSync(path, 'w'), '2001', end).ended
      await read
      const lines = readFileSync(output, 'utf8').split('\n').slice(0, -1)
      expect(numbersOf(lines)).toEqual(upTo(2001))
      expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
      rmSync(path)
    },
  )

  test('whose reader has stopped keeps what is in the pipe when SIGKILL takes the rest', async () => {
    const { reader, writeFd } = makePipe()
    reader.pause()
    const { ended, facts, kill } = start(writeFd, '2001', 'stay')
    await waitUntil(() => facts().length === 1)
    expect(facts()[0]?.dropped).toBe(0)
    kill()
    expect(await ended).toBe('SIGKILL')
    const text = await textOf(reader)
    // 64 KiB, less what no further line fits into; the line at the end may be there in part.
    expect(text.length).toBeGreaterThan(48 * 1024)
    const numbers = numbersOf(text.split('\n').slice(0, -1))
    expect(numbers).toEqual(upTo(numbers.length))
  })

  test('whose reader has stopped costs a million lines less than 60 MB, and each one lost is counted', async () => {
    const { reader, writeFd } = makePipe()
    reader.pause()
    const count = 1_000_000
    // V8's young generation alone grows by 50 MB with a million lines that are read (plain pino: by 70); held small, what
    // is left is ours.
    vi.stubEnv('NODE_OPTIONS', '--max-semi-space-size=1')
    const { ended, facts } = start(writeFd, String(count), 'wait-and-close')
    vi.unstubAllEnvs()
    await waitUntil(() => facts().length === 1)
    const [stalled] = facts()
    expect(stalled?.grownMb).toBeLessThan(60)
    expect(stalled?.turns).toBe(count / 1000)
    const lines = await linesOf(reader)
    expect(await ended).toBe('0')
    const [, atTheEnd] = facts()
    expect(atTheEnd?.reasons).toEqual(['queue-full'])
    expect(lines.length + (atTheEnd?.dropped ?? 0)).toBe(count + (atTheEnd?.tellings ?? 0))
    expect(numbersOf(lines).at(-1)).toBe(count - 1)
  })

  test('is written through an anonymous pipe of a shell', () => {
    const output = join(folder, 'output')
    execFileSync('sh', [
      '-c',
      '"$0" --conditions=keelson-source "$1" 2001 exit | cat > "$2" || true',
      process.execPath,
      program,
      output,
    ])
    expect(numbersOf(readFileSync(output, 'utf8').trimEnd().split('\n'))).toEqual(upTo(2001))
  })

  test('is written whole to a regular file and to a socket', async () => {
    const path = join(folder, 'output')
    await start(openSync(path, 'w'), '2001', 'sigkill').ended
    expect(numbersOf(readFileSync(path, 'utf8').trimEnd().split('\n'))).toEqual(upTo(2001))

    // What node:child_process calls a pipe is a pair of sockets.
    const child = spawn(process.execPath, ['--conditions=keelson-source', program, '2001', 'sigkill'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    started.push(child)
    let text = ''
    for await (const chunk of child.stdout) text += String(chunk)
    expect(numbersOf(text.trimEnd().split('\n'))).toEqual(upTo(2001))
  })

  test('whose reader stops never blocks the process, and loses only what is counted', async () => {
    const { reader, writeFd } = makePipe()
    reader.pause()
    const count = 100_000
    const { ended, facts } = start(writeFd, String(count), 'wait-and-close')
    await waitUntil(() => facts().length === 1)
    const [stalled] = facts()
    if (stalled === undefined) throw new Error('no report')
    // 20 ms of waiting in a second; the bound is for a machine that has other things to do. Who waits for the reader waits for ever.
    expect(stalled.longestMs).toBeLessThan(5_000)
    expect(stalled.turns).toBe(100)
    expect(stalled.heldMb).toBeLessThan(10)
    expect(stalled.sharedNonBlocking).toBe(false)

    const lines = await linesOf(reader)
    expect(await ended).toBe('0')
    const numbers = numbersOf(lines)
    const [, atTheEnd] = facts()
    expect(atTheEnd?.reasons).toEqual(['queue-full'])
    expect(lines.length + (atTheEnd?.dropped ?? 0)).toBe(count + (atTheEnd?.tellings ?? 0))
    expect(numbers.at(-1)).toBe(count - 1)
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
    expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
  })

  test('whose reader never returns does not keep the process from its end', async () => {
    const { reader, writeFd } = makePipe()
    reader.pause()
    const { ended } = start(writeFd, '20000', 'exit')
    expect(await ended).toBe('0')
    const lines = await linesOf(reader)
    expect(numbersOf(lines.slice(0, -1)).length).toBeGreaterThan(100)
  })

  test('that is closed is a fact, and no reason to end', async () => {
    const { reader, writeFd } = makePipe()
    const closed = new Promise((resolve) => reader.once('close', resolve))
    reader.destroy()
    await closed
    const { ended, facts } = start(writeFd, '3000', 'wait-and-close')
    expect(await ended).toBe('0')
    const [, atTheEnd] = facts()
    expect(atTheEnd?.reasons).toEqual(['EPIPE'])
    // The lines that tell of dropped lines are dropped as well.
    expect(atTheEnd?.dropped).toBeGreaterThanOrEqual(3000)
  })
})

async function waitUntil(isTrue: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 40_000
  while (!isTrue()) {
    if (performance.now() > giveUpAt) throw new Error('it did not happen within 40 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
