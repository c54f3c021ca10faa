import type { CheckOutcome } from '../verify/judge.ts'
import type { VerifyResult } from '../verify/verify.ts'

/** The part of a SARIF 2.1.0 log that is written here. Compared with the types of the specification in `test/types/sarif.test-d.ts`. */
export interface SarifLog {
  readonly $schema: string
  readonly version: '2.1.0'
  readonly runs: readonly [SarifRun]
}

interface SarifRun {
  readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly SarifRule[] } }
  readonly automationDetails: { readonly id: string }
  readonly results: readonly SarifResult[]
}

interface SarifRule {
  readonly id: string
  readonly shortDescription: SarifText
  readonly fullDescription: SarifText
  readonly help: SarifText
  readonly defaultConfiguration: { readonly level: 'error' | 'warning' }
}

interface SarifResult {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: 'error' | 'warning'
  readonly message: SarifText
  readonly locations: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: { readonly uri: string }
        readonly region: { readonly startLine: number }
      }
    },
  ]
}

interface SarifText {
  readonly text: string
}

/**
 * SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), for code scanning pages. A finding about a running service has no
 * line; GitHub refuses results without a file, so all point at the contract file.
 */
export function sarifReport(result: Pick<VerifyResult, 'checks' | 'target'>): string {
  return `${JSON.stringify(sarifLog(result), undefined, 2)}\n`
}

/** The report before it is text. */
export function sarifLog({ checks, target }: Pick<VerifyResult, 'checks' | 'target'>): SarifLog {
  return {
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
}

/** One result per finding in a file, one per failed check of a service. */
function resultsOf(
  { id, title, level, status, problems, places }: CheckOutcome,
  ruleIndex: number,
): readonly SarifResult[] {
  if (status !== 'fail') return []
  const isInFiles = places !== undefined && places.length > 0
  const found = isInFiles
    ? problems.map((problem) => `${title}: ${problem}`)
    : [`${title}: ${problems.join('; ')}`]
  return found.map((text, index) => {
    const { file, line } = places?.[index] ?? { file: 'keelson.contract.json', line: 1 }
    const physicalLocation = { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } }
    return { ruleId: id, ruleIndex, level, message: { text }, locations: [{ physicalLocation }] }
  })
}

/** A path as a relative reference of RFC 3986: a space or `#` in a name would make another file of it. */
function uriOf(file: string): string {
  const segments = file.replaceAll('\\', '/').split('/').map(encodeURIComponent)
  const path = segments.join('/')
  return file.startsWith('/') ? `file://${path}` : path
}
