// Reads the answer of vitest's JSON reporter: what passed, what failed, what was skipped.

/** Counts of a test run. */
export interface TestResult {
  readonly passed: number
  /** Failed tests, and files that could not run at all. */
  readonly failed: number
  readonly skipped: number
  /** Files with skipped tests. */
  readonly skippedIn: readonly string[]
}

interface JsonReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/**
 * Counts a run.
 *
 * @param json text of the report; `undefined` when vitest wrote none
 * @param exitCode exit code of vitest: a run that ends badly without a failed test (an unhandled rejection, a crash) counts as one failure
 */
export function readTestResult(json: string | undefined, exitCode: number): TestResult {
  if (json === undefined) return { passed: 0, failed: 1, skipped: 0, skippedIn: [] }
  const report = JSON.parse(json) as JsonReport // the shape of vitest's JSON reporter, which is jest's
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const skipped = report.testResults.map(({ name, assertionResults }) => ({
    name,
    count: assertionResults.filter(({ status }) => !['passed', 'failed'].includes(status)).length,
  }))
  const failed = report.numFailedTests + broken.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: skipped.reduce((sum, { count }) => sum + count, 0),
    skippedIn: skipped.filter(({ count }) => count > 0).map(({ name }) => name),
  }
}
