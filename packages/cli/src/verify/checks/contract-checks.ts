import { verdict, type Check } from '../check.ts'

/**
 * Makes the check of the contract file itself.
 *
 * @param today day in UTC, `2026-12-31`
 */
export function contractCheck(today: string): Check {
  return {
    id: 'contract.waivers',
    group: 'contract',
    title: 'no waiver is past its last day',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'A waiver without an end is a rule that was given up without anybody deciding it.',
    remedy: 'Mend what was waived, or decide again: write a new date and reason.',
    judge: (_evidence, { waivers }) =>
      verdict(
        waivers
          .filter(({ until }) => until < today)
          .map(({ id, until }) => `the waiver of ${id} ended on ${until}`),
      ),
  }
}
