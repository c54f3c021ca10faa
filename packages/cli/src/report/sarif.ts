import type { VerifyResult } from '../verify/verify.ts'

/**
 * SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), for code scanning pages. A finding about a running service has no
 * line; GitHub refuses results without a file, so all point at the contract file.
 */
export function sarifReport({ checks, target }: VerifyResult): string {
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'keelson verify',
            rules: checks.map(({ id, title, reason, remedy, level }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: reason },
              help: { text: remedy },
              defaultConfiguration: { level },
            })),
          },
        },
        automationDetails: { id: `keelson-verify/${target}` },
        results: checks.flatMap(({ id, title, level, status, problems }, ruleIndex) =>
          status === 'fail'
            ? [
                {
                  ruleId: id,
                  ruleIndex,
                  level,
                  message: { text: `${title}: ${problems.join('; ')}` },
                  locations: [
                    {
                      physicalLocation: {
                        artifactLocation: { uri: 'keelson.contract.json' },
                        region: { startLine: 1 },
                      },
                    },
                  ],
                },
              ]
            : [],
        ),
      },
    ],
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
