import { describe, expect, it } from 'vitest'
import { completeContract, type Profile } from '../contract.ts'
import type { Evidence, LeakEvidence } from '../evidence.ts'
import { judgeAll } from '../judge.ts'
import { leakCheck } from './leak-check.ts'

type Run = Extract<LeakEvidence, { kind: 'ran' }>

const heapLine = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'
const aborted: Run = {
  kind: 'ran',
  memoryBytes: 2 ** 28,
  becameReady: true,
  leakedBytes: 1.5e8,
  end: { code: null, signal: 'SIGABRT', at: 0 },
  oomKillCount: 0,
  lines: [line(heapLine)],
  patienceMs: 90_000,
}

function line(text: string): Run['lines'][number] {
  return { stream: 'stderr', text, at: 0 }
}

function ended(
  code: number | null,
  signal: NodeJS.Signals | null,
  ...texts: readonly string[]
): Partial<Run> {
  return { end: { code, signal, at: 0 }, lines: texts.map(line) }
}

function evidenceOf(leak: LeakEvidence | undefined): Evidence {
  // Nothing else of the evidence is read.
  return { life: { leak } } as Evidence
}

function judge(change: Partial<Run>, profile: Profile = 'keelson') {
  const found = leakCheck.judge(evidenceOf({ ...aborted, ...change }), completeContract({ profile }))
  return found.status === 'fail' ? found.problems.join() : found.status
}

/** What a run with those checks demanded comes to. */
function statusesWith(optIns: readonly string[]): readonly string[] {
  const selection = { only: [], skips: new Map(), optIns, today: '2026-01-01' }
  return judgeAll([leakCheck], evidenceOf(aborted), completeContract(), selection).map(({ status }) => status)
}

describe('limits.leak', () => {
  it.each([
    ['an abort of V8 that is told', {}],
    ['the abort as a shell tells it', ended(134, null, heapLine)],
    ['the end of V8 as first process of a container', ended(139, null, heapLine)],
    ['a restart of its own accord', ended(75, null, '{"level":4,"short_message":"memory"}')],
    ['a stop whose grace period was over', ended(70, null, '{"level":3,"short_message":"deadline"}')],
    ['an unknown number of kills', { oomKillCount: undefined }],
  ])('passes for %s', (_what, change) => {
    expect(judge(change)).toBe('pass')
  })

  it.each([
    ['a kill', ended(null, 'SIGKILL'), /kernel killed it .*256 MiB, after 143 MiB/],
    ['a kill as a shell tells it', ended(137, null), /kernel killed it/],
    ['a killed process of a command that told of a heap', { oomKillCount: 1 }, /kernel killed it/],
    ['a kill at the start', { becameReady: false, ...ended(137, null) }, /before it was ready/],
    ['no room to start', { becameReady: false, ...ended(1, null) }, /did not become ready.*exit code 1/],
    ['a start without end', { becameReady: false, end: undefined }, /did not become ready.*256 MiB$/],
    ['a life that goes on', { end: undefined }, /still ran 90\S* s later/],
    ['an abort without a word', ended(134, null), /no line says why/],
    ['another signal', ended(null, 'SIGSEGV', 'some line'), /SIGSEGV, and no line/],
    ['a restart without a record', ended(75, null, '{"level":6}', 'text'), /no record/],
    [
      'another code',
      ended(1, null, '{"level":2,"short_message":"out of memory"}'),
      /exit code 1, which is neither/,
    ],
    ['a calm exit', ended(0, null, '{"level":4}'), /exit code 0/],
  ])('fails for %s', (_what, change, problem) => {
    expect(judge(change)).toMatch(problem)
  })

  it('leaves the exit code to services of others, but not the silence', () => {
    expect(judge(ended(1, null, 'memory runs short'), 'generic')).toBe('pass')
    expect(judge(ended(1, null), 'generic')).toMatch(/no record/)
  })

  it('is not judged where nothing leaked, or no limit could be set', () => {
    expect(judge({ end: undefined, leakedBytes: 0 })).toBe('skip')
    const refused = evidenceOf({ kind: 'refused', why: 'no control group could be made (EACCES)' })
    expect(leakCheck.judge(refused, completeContract())).toMatchObject({
      status: 'skip',
      why: expect.stringContaining('EACCES') as unknown,
    })
  })

  it('is no part of a run that did not ask for it', () => {
    expect(statusesWith([])).toEqual([])
    expect(statusesWith(['limits.leak'])).toEqual(['pass'])
  })
})
