import { describe, expect, it } from 'vitest'
import { createStyle, showText } from '../terminal.ts'
import type { CheckOutcome } from '../verify/judge.ts'
import type { VerifyResult } from '../verify/verify.ts'
import { htmlReport } from './html.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import { prettyReport } from './pretty.ts'
import { sarifReport } from './sarif.ts'
import { tapReport } from './tap.ts'

const hostile = `</testcase><script>alert('1')</script> & "\u0000\u001B[31m # \uD800`

function check(
  id: string,
  status: CheckOutcome['status'],
  level: CheckOutcome['level'] = 'error',
): CheckOutcome {
  const [group = 'stop'] = id.split('.')
  const base = {
    id,
    group,
    title: 'it holds',
    reason: 'Because.',
    remedy: 'Do it.',
    level,
  }
  return {
    ...base,
    status,
    problems: status === 'fail' ? [hostile] : [],
    note: status === 'skip' ? hostile : undefined,
  }
}

const answer = { kind: 'answer', headers: {}, body: '', durationMs: 1 } as const
const result: VerifyResult = {
  service: 'delivery',
  target: hostile,
  profile: 'keelson',
  startedAt: '2026-11-22T12:00:00.000Z',
  durationMs: 1234,
  readyAfterMs: 100,
  checks: [
    check('stop.a', 'fail'),
    check('stop.b', 'pass'),
    check('probes.c', 'fail', 'warning'),
    check('probes.d', 'skip'),
  ],
  stop: {
    load: {
      sentCount: 10,
      lost: [{ atMs: 120, connection: 'kept', what: hostile }],
      lateKeptCount: 0,
      lateClosedCount: 0,
      answered: [{ atMs: -50, count: 4 }],
    },
    readiness: [{ atMs: 10, result: { ...answer, status: 503 } }],
    liveness: [{ atMs: 10, result: { ...answer, status: 200 } }],
    slow: undefined,
    exit: { code: 0, signal: null, atMs: 2000 },
    signalAt: 0,
  },
  lastLines: [hostile],
}

describe('junitReport', () => {
  const xml = junitReport(result)

  it('has one test case per check, of which only errors fail', () => {
    expect(xml.match(/<testcase /g)).toHaveLength(4)
    expect(xml.match(/<failure /g)).toHaveLength(1)
    expect(xml.match(/<skipped /g)).toHaveLength(1)
    expect(xml).toContain('tests="4" failures="1" errors="0" skipped="1"')
    expect(xml).toContain('classname="keelson.stop" name="stop.a: it holds"')
  })

  it('holds no markup, and no character that XML forbids, of the service', () => {
    expect(xml).not.toContain('<script')
    expect(xml).not.toMatch(/(?![\n])\p{Cc}/u)
    expect(xml.isWellFormed()).toBe(true)
  })

  it('ends with the last lines, because something failed', () => {
    expect(xml).toContain('<system-out>1 of 10 requests lost while stopping\n')
    expect(junitReport({ ...result, checks: [check('stop.b', 'pass')] })).not.toContain('alert')
  })
})

describe('htmlReport', () => {
  const html = htmlReport(result)

  it('is one file without scripts and without anything to load', () => {
    expect(html).not.toMatch(/<script|javascript:|\son\w+=|<link|<img|src=|@import|url\(/i)
  })

  it('draws the stop with what was lost, and says so in its headline', () => {
    expect(html).toContain('class="headline bad">1 of 10 requests lost')
    expect(html).toMatch(/<svg[\s\S]*class="lost"[\s\S]*SIGTERM[\s\S]*exit 0[\s\S]*<\/svg>/)
    expect(htmlReport({ ...result, stop: undefined })).not.toContain('<svg')
  })
})

describe('jsonReport', () => {
  it('says version, counts and what was lost', () => {
    expect(JSON.parse(jsonReport(result))).toMatchObject({
      version: 1,
      counts: { passed: 1, errors: 1, warnings: 1, skipped: 1 },
      stop: { sentCount: 10, lostCount: 1, exit: { code: 0 } },
    })
  })
})

describe('tapReport', () => {
  it('has a plan, and a line per check that nothing of the service can end', () => {
    const lines = tapReport(result).split('\n')
    expect(lines.slice(0, 2)).toEqual(['TAP version 14', '1..4'])
    const points = lines.filter((line) => /^(?:not )?ok /.test(line))
    expect(points).toHaveLength(4)
    expect(points[0]).toBe('not ok 1 - stop.a: it holds')
    expect(points[2]).toMatch(/^not ok 3 .* # TODO warning$/)
    expect(points[3]).toMatch(/ # SKIP .*\\#/)
  })
})

describe('sarifReport', () => {
  it('has a rule per check and a result with a place per failure', () => {
    const { version, runs } = JSON.parse(sarifReport(result))
    expect(version).toBe('2.1.0')
    expect(runs[0].tool.driver.rules).toHaveLength(4)
    expect(runs[0].results.map((one: { ruleId: string; level: string }) => [one.ruleId, one.level])).toEqual([
      ['stop.a', 'error'],
      ['probes.c', 'warning'],
    ])
    for (const one of runs[0].results) {
      expect(runs[0].tool.driver.rules[one.ruleIndex].id).toBe(one.ruleId)
      expect(one.locations[0].physicalLocation.artifactLocation.uri).toBe('keelson.contract.json')
    }
  })
})

describe('prettyReport', () => {
  it('opens with what was lost, and shows failures with their remedy', () => {
    const text = prettyReport(result, createStyle(false, {}))
    expect(text).toContain('1 of 10 requests lost while stopping')
    expect(text).toContain('✗ error  stop.a  it holds')
    expect(text).toContain('remedy: Do it.')
    expect(text).toContain('1 passed, 1 failed, 1 warnings, 1 not judged')
    expect(text).not.toContain('\u001B')
  })

  it('has colours on a terminal, unless NO_COLOR is set', () => {
    expect(prettyReport(result, createStyle(true, {}))).toContain('\u001B[31m')
    expect(prettyReport(result, createStyle(true, { NO_COLOR: '1' }))).not.toContain('\u001B[')
    expect(prettyReport(result, createStyle(true, { TERM: 'dumb' }))).not.toContain('\u001B[')
    expect(prettyReport(result, createStyle(false, { FORCE_COLOR: '1' }))).toContain('\u001B[31m')
  })
})

describe('showText', () => {
  it('shows control characters, which could repaint a terminal, as text', () => {
    expect(showText('a\u001B[2Jb\nc')).toBe('a\\x1b[2Jb\\x0ac')
    expect(showText('x'.repeat(400))).toHaveLength(301)
  })
})
