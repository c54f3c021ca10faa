import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

/** Longest row that is shown whole; what is longer is cut there. */
const maxRowLength = 1_048_576

/** Memory that rows may add: that of pieces on their way and of what is not collected yet. Megabytes. */
const maxGrowthMb = 150

function lineOf(message: string): string {
  return `${JSON.stringify({ version: '1.1', host: 'h', short_message: message, level: 6, timestamp: 1 })}\n`
}

interface Pretty {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  /** The next row of its text. */
  readonly row: () => Promise<string>
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
}

function startPretty(): Pretty {
  const child = spawn(process.execPath, ['--conditions=keelson-source', bin, 'pretty'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {}) // it has ended; the tests ask how
  const ended = once(child, 'exit') as Promise<[number | null, string | null]> // as Node documents the event
  const rows = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, ended, row: async () => String((await rows.next()).value) }
}

describe('keelson pretty', () => {
  it('ends when the reader of its text has left, though its input goes on', async () => {
    const { child, row, ended } = startPretty()
    child.stdin.write(lineOf('first'))
    expect(await row()).toMatch(/ INFO {2}first$/)
    child.stdout.destroy()
    const writing = setInterval(() => child.stdin.write(lineOf('more')), 10)
    expect(await ended).toEqual([0, null])
    clearInterval(writing)
  })

  it('ends at SIGTERM with its input open, and reads on after SIGINT', async () => {
    const terminated = startPretty()
    terminated.child.stdin.write(lineOf('first'))
    await terminated.row()
    terminated.child.kill('SIGTERM')
    expect(await terminated.ended).toEqual([143, null])

    const interrupted = startPretty()
    interrupted.child.stdin.write(lineOf('first'))
    await interrupted.row()
    interrupted.child.kill('SIGINT')
    interrupted.child.stdin.write(lineOf('last words'))
    expect(await interrupted.row()).toMatch(/ INFO {2}last words$/)
    // Not before: an end that is read together with the signal may come first.
    interrupted.child.stdin.end()
    expect(await interrupted.ended).toEqual([130, null])
  })

  describe.skipIf(process.platform !== 'linux')('takes little memory', () => {
    it('for a row of 256 MiB, and shows the next line whole', async () => {
      const { child, row, ended } = startPretty()
      child.stdin.write(lineOf('first'))
      await row()
      const before = peakMb(child)
      await writeTimes(child, 256, 'x'.repeat(1024 * 1024))
      child.stdin.write(`\n${lineOf('next')}`)
      expect(await row()).toHaveLength(maxRowLength + ' …'.length)
      expect(await row()).toMatch(/ INFO {2}next$/)
      expect(peakMb(child) - before).toBeLessThan(maxGrowthMb)
      child.stdin.end()
      expect(await ended).toEqual([0, null])
    })

    it('while the reader of its text has stopped, and loses nothing', async () => {
      const child = spawn(process.execPath, ['--conditions=keelson-source', bin, 'pretty'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      const piece = Buffer.from(`a plain row of a service ${'x'.repeat(974)}\n`.repeat(1000))
      // 300 MB: what it does not take waits here.
      for (let index = 0; index < 300; index++) child.stdin.write(piece)
      child.stdin.end()
      let left = Infinity
      while (child.stdin.writableLength < left) {
        left = child.stdin.writableLength
        await new Promise((resolve) => setTimeout(resolve, 2_000))
      }
      expect(left, 'it has stopped reading').toBeGreaterThan(200_000_000)
      expect(peakMb(child)).toBeLessThan(75 + maxGrowthMb)
      let count = 0
      for await (const row of createInterface({ input: child.stdout }))
        if (row.startsWith('a plain')) count += 1
      expect(count).toBe(300_000)
    })

    it('for 500,000 rows', async () => {
      const tellsPeak = `process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)))`
      const args = ['--import', `data:text/javascript,${encodeURIComponent(tellsPeak)}`]
      const child = spawn(process.execPath, ['--conditions=keelson-source', ...args, bin, 'pretty'], {
        stdio: ['pipe', 'ignore', 'pipe'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      await writeTimes(child, 500, 'a plain row of a service\n'.repeat(1000))
      child.stdin.end()
      // The process itself takes some 75 MB. It took 400 MB when something of every row was kept until the end.
      expect(Number(await text(child.stderr)) / 1024).toBeLessThan(75 + maxGrowthMb)
    })
  })
})

/** The most memory that a process has had so far, in megabytes. */
function peakMb({ pid }: { readonly pid?: number | undefined }): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(peak?.[1]) / 1024
}

async function writeTimes(
  { stdin }: Pick<Pretty['child'], 'stdin'>,
  count: number,
  content: string,
): Promise<void> {
  const piece = Buffer.from(content)
  for (let index = 0; index < count; index++) if (!stdin.write(piece)) await once(stdin, 'drain')
}
