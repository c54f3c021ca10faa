import type { CheckOutcome } from '../verify/judge.ts'
import type { VerifyResult } from '../verify/verify.ts'

/**
 * SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), for code scanning pages. A finding about a running service has no
 * line; GitHub refuses results without a file, so all point at the contract file.
 */
export function sarifReport({ checks, target }: Pick<VerifyResult, 'checks' | 'target'>): string {
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'keelson',
            rules: checks.map(({ id, title, reason, remedy, level }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: reason },
              help: { text: remedy },
              defaultConfiguration: { level },
            })),
          },
        },
        automationDetails: { id: `keelson/${target}` },
        results: checks.flatMap(resultsOf),
      },
    ],
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** One result per finding in a file, one per failed check of a service. */
function resultsOf(
  { id, title, level, status, problems, places }: CheckOutcome,
  ruleIndex: number,
): readonly object[] {
  if (status !== 'fail') return []
  const isInFiles = places !== undefined && places.length > 0
  const found = isInFiles
    ? problems.map((problem) => `${title}: ${problem}`)
    : [`${title}: ${problems.join('; ')}`]
  return found.map((text, index) => {
    const { file, line } = places?.[index] ?? { file: 'keelson.contract.json', line: 1 }
    const physicalLocation = { artifactLocation: { uri: file }, region: { startLine: line } }
    return { ruleId: id, ruleIndex, level, message: { text }, locations: [{ physicalLocation }] }
  })
}
