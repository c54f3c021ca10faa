import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFatalReport } from './fatal-report.ts'

let directory = ''
let path = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-report-'))
  path = join(directory, 'report.json')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const header = { trigger: 'OOMError', event: 'Allocation failed', dumpEventTimeStamp: '5000' }

function write(report: unknown): void {
  writeFileSync(path, typeof report === 'string' ? report : JSON.stringify(report))
}

describe('readFatalReport', () => {
  it('reads why V8 gave up, and the first frames where there are any', () => {
    const stack = ['at a', 7, ...Array.from({ length: 20 }, (_, index) => `at b${index}`)]
    write({ header, javascriptStack: { stack } })
    const report = readFatalReport(path, 4_000)
    expect(report).toMatchObject({ trigger: 'OOMError', event: 'Allocation failed', atMs: 5_000 })
    expect(report?.stack).toHaveLength(10)
    expect(report?.stack.slice(0, 2)).toEqual(['at a', 'at b0'])
    write({ header, javascriptStack: { stack: ['Unavailable.'] } })
    expect(readFatalReport(path, 4_000)?.stack).toEqual([])
  })

  it.each([
    ['of an earlier life', { header: { ...header, dumpEventTimeStamp: '3999' } }],
    ['without a time', { header: { ...header, dumpEventTimeStamp: undefined } }],
    ['that a signal asked for', { header: { ...header, trigger: 'Signal' } }],
    ['without a reason', { header: { ...header, event: 7 } }],
    ['that is empty, as it is made', ''],
    ['that is cut off', '{"header":{'],
    ['that is no object', 'null'],
    ['that is far too long', JSON.stringify({ header, filler: 'x'.repeat(1_048_576) })],
  ])('takes no report %s', (_what, report) => {
    write(report)
    expect(readFatalReport(path, 4_000)).toBeUndefined()
  })

  it('takes no report where there is none', () => {
    expect(readFatalReport(path, 0)).toBeUndefined()
  })
})
