import { describe, expect, it } from 'vitest'
import { judge, type Remains } from './judge.ts'
import type { LifeRecord } from './life-record.ts'

const mebibyte = 1_048_576
const record: LifeRecord = {
  format: 1,
  service: 's',
  pid: 7,
  startedAtMs: 1_000,
  beatAtMs: 9_000,
  phase: 'started',
  vitals: {
    heapUsedBytes: 30 * mebibyte,
    // Three times what V8 gives up at, as V8 reports it on a large machine.
    heapLimitBytes: 288 * mebibyte,
    oldSpaceUsedBytes: 30 * mebibyte,
    oldSpaceLimitBytes: 96 * mebibyte,
    rssBytes: 80 * mebibyte,
    workingSetBytes: 90 * mebibyte,
    containerLimitBytes: 200 * mebibyte,
  },
  oomKillCount: 2,
  reportPath: '/state/report.json',
  restartsAtMs: [],
}
const report = { trigger: 'OOMError', event: 'heap out of memory', atMs: 9_500, stack: [] }
const stall = { pid: 7, sinceMs: 9_000, seenAtMs: 32_000 }

function reasonOf(remains: Partial<Remains>, changes: Partial<LifeRecord> = {}): string {
  return judge({ record: { ...record, ...changes }, ...remains }).reason
}

/** The record with other vital signs. */
function vitals(changes: LifeRecord['vitals']): Partial<LifeRecord> {
  return { vitals: { ...record.vitals, ...changes } }
}

describe('judge', () => {
  it('believes a life that wrote its own end, whatever else is there', () => {
    const end = { reason: 'second-signal', atMs: 9_900, evidence: 'asked twice' } as const
    const all = { report, stall, oomKillCount: 9 }
    expect(judge({ record: { ...record, ...vitals({ rssBytes: 199 * mebibyte }), end }, ...all })).toEqual({
      reason: 'second-signal',
      evidence: 'asked twice',
    })
  })

  it("takes V8's report of a full heap for an abort, also when the container was nearly full", () => {
    expect(reasonOf({ report }, vitals({ rssBytes: 199 * mebibyte }))).toBe('heap-abort')
  })

  it('does not call another fatal error of V8 a full heap', () => {
    const other = judge({ record, report: { ...report, trigger: 'FatalError', event: 'a broken addon' } })
    expect(other.reason).toBe('unknown')
    expect(other.evidence).toContain('a broken addon')
  })

  it.each([
    ['the kernel counts one kill more', { oomKillCount: 3 }, {}],
    ['the process had 90 % of the container', {}, vitals({ rssBytes: 180 * mebibyte })],
    ['the container was 90 % full', {}, vitals({ workingSetBytes: 180 * mebibyte })],
  ])('calls it a kill for want of memory when %s', (_what, remains, changes) => {
    expect(reasonOf(remains, changes)).toBe('memory-kill')
  })

  it.each([
    ['there was room', {}, vitals({ rssBytes: 179 * mebibyte })],
    ['the count of kills is that of another container', { oomKillCount: 0 }, {}],
    ['the count of kills is as before', { oomKillCount: 2 }, {}],
    ['kills were not counted before', { oomKillCount: 5 }, { oomKillCount: undefined }],
    ['there is no limit', {}, vitals({ rssBytes: 9_999 * mebibyte, containerLimitBytes: undefined })],
  ])('never calls it a kill for want of memory when %s', (_what, remains, changes) => {
    expect(reasonOf(remains, changes)).toBe('unknown')
  })

  it('calls it a liveness kill when another thread saw the main thread blocked after its last heartbeat', () => {
    expect(judge({ record, stall })).toEqual({
      reason: 'stall-kill',
      evidence: 'It vanished while its main thread had been blocked for 23 s.',
    })
  })

  it.each([
    ['of another process', { ...stall, pid: 8 }],
    ['that was over', { ...stall, seenAtMs: 8_999 }],
  ])('does not take a stall %s for the reason', (_what, mark) => {
    expect(reasonOf({ stall: mark })).toBe('unknown')
  })

  it.each(['draining', 'closing'] as const)('calls it the deadline when it was killed while %s', (phase) => {
    expect(reasonOf({}, { phase })).toBe('deadline')
  })

  it('suspects a full old generation where V8 could write no report, and only there', () => {
    const full = vitals({ heapUsedBytes: 89 * mebibyte, oldSpaceUsedBytes: 87 * mebibyte })
    expect(judge({ record: { ...record, ...full, reportPath: undefined } })).toEqual({
      reason: 'heap-abort',
      evidence: 'It vanished with 91 % of the old generation in use.',
    })
    expect(reasonOf({}, full)).toBe('unknown')
  })

  it('does not take a full young generation for the reason', () => {
    const young = vitals({ heapUsedBytes: 280 * mebibyte, oldSpaceUsedBytes: 86 * mebibyte })
    expect(reasonOf({}, { ...young, reportPath: undefined })).toBe('unknown')
  })

  it('suspects nothing where the old generation was not written down', () => {
    const { heapUsedBytes, rssBytes } = record.vitals
    expect(reasonOf({}, { vitals: { heapUsedBytes, rssBytes }, reportPath: undefined })).toBe('unknown')
  })
})
