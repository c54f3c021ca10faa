import { showText } from '../terminal.ts'
import type { CheckOutcome } from '../verify/judge.ts'
import type { VerifyResult } from '../verify/verify.ts'

/** TAP version 14 (testanything.org/tap-version-14-specification.html): one test point per check, warnings as TODO. */
export function tapReport({ checks }: VerifyResult): string {
  return ['TAP version 14', `1..${checks.length}`, ...checks.flatMap(testPoint), ''].join('\n')
}

function testPoint(
  { id, title, level, status, problems, note, remedy }: CheckOutcome,
  index: number,
): readonly string[] {
  const words = escapeTap(`${id}: ${title}`)
  const number = index + 1
  if (status === 'skip') return [`ok ${number} - ${words} # SKIP ${escapeTap(note ?? 'not judged')}`]
  if (status === 'pass') return [`ok ${number} - ${words}`]
  return [
    `not ok ${number} - ${words}${level === 'warning' ? ' # TODO warning' : ''}`,
    '  ---',
    // JSON is YAML, and needs no rules of its own for quotes.
    `  problems: ${JSON.stringify(problems)}`,
    `  remedy: ${JSON.stringify(remedy)}`,
    '  ...',
  ]
}

/** `#` opens a directive, `\` is the escape. */
function escapeTap(text: string): string {
  return showText(text).replaceAll('\\', '\\\\').replaceAll('#', '\\#')
}
