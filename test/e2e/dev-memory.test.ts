import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireServer } from '@keelson/testing'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startDevRun } from './dev-run.ts'

const browser = requireServer('chromium')

/** Lines that are written once somebody asks. */
const LINES = 100_000

/** A service that writes lines of 2 kB as quickly as they are read; what makes them long is shown on no terminal. */
const flooding = `
import { createServer } from 'node:http'
const say = (text, more = {}) => process.stdout.write(JSON.stringify({ version: '1.1', host: 'h', level: 6, timestamp: Date.now() / 1000, short_message: text, ...more }) + '\\n')
const flood = async (count) => {
  for (let at = 1; at <= count; at += 1) {
    const fits = say('GET /videos/' + at + ' 200', { _request_id: 'flood-' + at, _node: 'x'.repeat(2_000), _duration_ms: 1.5 })
    if (!fits) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
}
createServer((request, response) => {
  void flood(Number(new URL(request.url, 'http://a').searchParams.get('count'))).then(() => response.end('done'))
}).listen(Number(process.env.PORT), '127.0.0.1')
createServer((request, response) => response.end()).listen(Number(process.env.OPS_PORT), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
`

describe.skipIf(!browser.available)('keelson dev under a flood of lines', () => {
  it(`keeps the memory of page and process bounded over ${LINES} lines`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-flood-'))
    mkdirSync(join(folder, 'src'))
    writeFileSync(join(folder, 'package.json'), '{ "name": "flood", "type": "module" }')
    writeFileSync(join(folder, 'src/main.js'), flooding)
    await using run = await startDevRun([folder], browser.path ?? '')
    const { page, complaints } = await run.open(1280)
    const flood = (count: number) =>
      fetch(`${run.url('flood')}/?count=${count}`).then((answer) => answer.text())
    const shown = (total: number) =>
      page.getByText(`${total.toLocaleString('en-US')} lines, the last`).waitFor({ timeout: 60_000 })
    // Until the store is full: what comes then must not add to it.
    await flood(25_000)
    await shown(25_000)
    const before = { page: await pageBytes(page), process: residentBytes(run.command.pid) }
    await flood(LINES)
    await shown(25_000 + LINES)
    const after = { page: await pageBytes(page), process: residentBytes(run.command.pid) }
    const grown = { page: after.page - before.page, process: after.process - before.process }
    process.stdout.write(
      `${LINES} lines: page ${megabytes(after.page)} MB (${megabytes(grown.page)} more), process ${megabytes(after.process)} MB (${megabytes(grown.process)} more)\n`,
    )
    expect(await page.locator('.line').count()).toBeLessThanOrEqual(500)
    // 100,000 lines are 200 MB of text: whoever kept them would show it, in the page many times over.
    expect(grown.page).toBeLessThan(10 * 1_048_576)
    // What V8 has not collected yet is part of it: the process has settled at 340 to 360 MB, after 100,000 lines as after 400,000.
    expect(after.process).toBeLessThan(500 * 1_048_576)
    // The newest is held and found; the oldest is gone.
    await page.getByLabel('Request id').fill(`flood-${LINES}`)
    await expect
      .poll(() => page.locator('.line .id').allTextContents(), { timeout: 20_000 })
      .toEqual([`flood-${LINES}`])
    expect(complaints).toEqual([])
  })
})

/** Heap of the page's scripts after a collection. */
async function pageBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

/** Memory of a process that is really there. */
function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1_024
}

function megabytes(count: number): string {
  return (count / 1_048_576).toFixed(1)
}
