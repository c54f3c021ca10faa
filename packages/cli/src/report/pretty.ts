import { showDuration } from '../duration.ts'
import { showText, type TerminalStyle } from '../terminal.ts'
import type { CheckOutcome } from '../verify/judge.ts'
import type { VerifyResult } from '../verify/verify.ts'
import { countOutcomes, lostRequests } from './summary.ts'

/** The report for people: failures in full, passes by group, the stop as headline. */
export function prettyReport(result: VerifyResult, style: TerminalStyle): string {
  const { checks, stop } = result
  const { passed, errors, warnings, skipped } = countOutcomes(result)
  const groups = [...new Set(checks.map(({ group }) => group))]
  const lost = lostRequests(result)
  const exit = stop?.exit
  const headline =
    lost === undefined
      ? []
      : [
          `  ${(stop?.load.lost.length === 0 ? style.green : style.red)(style.bold(lost))}`,
          exit === undefined
            ? '  it had to be killed'
            : `  ended ${showDuration(exit.atMs)} after SIGTERM by ${exit.signal ?? `exit code ${exit.code}`}`,
          '',
        ]
  return [
    `${style.bold(showText(result.service))}  ${style.dim(`profile ${result.profile}, ${showDuration(result.durationMs)}`)}`,
    '',
    ...headline,
    ...groups.map((group) =>
      groupLine(
        group,
        checks.filter((one) => one.group === group),
        style,
      ),
    ),
    '',
    ...checks.filter(({ status }) => status === 'fail').flatMap((one) => showFailure(one, style)),
    `${passed} passed, ${colour(errors, style.red)(`${errors} failed`)}, ${colour(warnings, style.yellow)(`${warnings} warnings`)}, ${skipped} not judged`,
    '',
  ].join('\n')
}

function groupLine(group: string, checks: readonly CheckOutcome[], style: TerminalStyle): string {
  const failed = checks.filter(({ status }) => status === 'fail')
  const judged = checks.filter(({ status }) => status !== 'skip').length
  const mark = failed.some(({ level }) => level === 'error')
    ? style.red('✗')
    : failed.length > 0
      ? style.yellow('!')
      : judged === 0
        ? style.dim('-')
        : style.green('✓')
  return `  ${mark} ${group.padEnd(11)} ${style.dim(`${judged - failed.length} of ${judged}`)}`
}

/** One failed check: what was found, and what to do. */
export function showFailure(
  { id, title, level, problems, remedy, note }: CheckOutcome,
  style: TerminalStyle,
): readonly string[] {
  const mark = level === 'error' ? style.red('✗ error') : style.yellow('! warning')
  return [
    `${mark}  ${style.bold(id)}  ${title}`,
    ...problems.map((problem) => `    ${showText(problem, 400)}`),
    `    ${style.dim(`remedy: ${remedy}`)}`,
    ...(note === undefined ? [] : [`    ${style.dim(note)}`]),
    '',
  ]
}

function colour(count: number, style: (text: string) => string): (text: string) => string {
  return count === 0 ? (text) => text : style
}
