import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorText, type LifeRecord, parseRecord } from './life-record.ts'

const record: LifeRecord = {
  format: 1,
  service: 's',
  version: '1.2.3',
  pid: 7,
  startedAtMs: 1,
  beatAtMs: 2,
  phase: 'started',
  vitals: { rssBytes: 3 },
  oomKillCount: 0,
  reportPath: '/r',
  restartsAtMs: [1, 2],
  end: { reason: 'clean', atMs: 4, evidence: 'e', exitCode: 0 },
}

describe('parseRecord', () => {
  it('reads what was written', () => {
    expect(parseRecord(JSON.stringify(record))).toEqual(record)
  })

  it('refuses every record that was cut off', () => {
    const text = JSON.stringify(record)
    for (let length = 0; length < text.length; length++)
      expect(parseRecord(text.slice(0, length))).toBeUndefined()
  })

  it.each([
    { format: 2 },
    { pid: 'x' },
    { beatAtMs: null },
    { phase: 'dancing' },
    { vitals: { rssBytes: 'much' } },
    { vitals: [] },
    { restartsAtMs: ['yesterday'] },
    { oomKillCount: '1' },
    { version: 3 },
    { reportPath: 3 },
    { end: { reason: 'boredom', atMs: 1, evidence: '' } },
    { end: { reason: 'clean', atMs: 1 } },
    { end: { reason: 'clean', atMs: 1, evidence: '', exitCode: 'one' } },
  ])('refuses a record with %o', (changes) => {
    expect(parseRecord(JSON.stringify({ ...record, ...changes }))).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(parseRecord(text)).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })
})

describe('errorText', () => {
  it('has the stack of an error, and bounds it', () => {
    expect(errorText(new TypeError('broken'))).toMatch(/^TypeError: broken\n {4}at /)
    expect(errorText(new Error('x'.repeat(100_000)))).toHaveLength(4_000)
  })

  it('shows whatever was thrown, and never throws itself', () => {
    expect(errorText('text')).toBe('text')
    expect(errorText(undefined)).toBe('undefined')
    const hostile = new Proxy(new Error('no'), {
      get() {
        throw new Error('do not look')
      },
    })
    expect(errorText(hostile)).toBe('an error that cannot be shown')
  })
})
