import type { CheckOutcome } from '../verify/judge.ts'
import type { VerifyResult } from '../verify/verify.ts'
import { countOutcomes, lostRequests } from './summary.ts'
import { escapeXml } from './xml-text.ts'

/** JUnit XML, as Jenkins, GitLab and Azure read it: one suite, one test case per check. Warnings pass, with their text as output. */
export function junitReport(
  result: Pick<VerifyResult, 'checks' | 'durationMs' | 'lastLines' | 'startedAt' | 'service' | 'stop'>,
): string {
  const { checks, durationMs, lastLines, startedAt, service } = result
  const { errors, skipped } = countOutcomes(result)
  const seconds = (durationMs / 1000).toFixed(3)
  const counts = `tests="${checks.length}" failures="${errors}" errors="0" skipped="${skipped}" time="${seconds}"`
  const headline = lostRequests(result)
  const output = [...(headline === undefined ? [] : [headline]), ...(errors === 0 ? [] : lastLines)]
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="keelson" ${counts}>`,
    `  <testsuite name="${escapeXml(service)}" ${counts} timestamp="${startedAt.slice(0, 19)}">`,
    ...checks.map(testCase),
    ...(output.length === 0 ? [] : [`    <system-out>${escapeXml(output.join('\n'))}</system-out>`]),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase({ id, group, title, level, status, problems, note, remedy }: CheckOutcome): string {
  const open = `    <testcase classname="keelson.${group}" name="${escapeXml(`${id}: ${title}`)}" time="0">`
  const text = escapeXml([...problems, `remedy: ${remedy}`, ...(note === undefined ? [] : [note])].join('\n'))
  if (status === 'skip') return `${open}<skipped message="${escapeXml(note ?? 'not judged')}"/></testcase>`
  if (status === 'pass') return `${open}</testcase>`
  if (level === 'warning')
    return `${open}<system-out>${escapeXml('warning: ')}${text}</system-out></testcase>`
  return `${open}<failure type="${escapeXml(id)}" message="${escapeXml(problems[0] ?? title)}">${text}</failure></testcase>`
}
