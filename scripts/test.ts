// `npm test`: every check, then every test that this machine can run; arguments go to vitest. The last line is the result,
// `N passed, N failed`. KEELSON_REQUIRE_SERVERS=1 makes a missing server a failure.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { checks } from './checks.ts'
import { nodeProblem } from './node-version.ts'
import { isCommand, repositoryRoot } from './repository.ts'
import { colour, runChecks } from './run-checks.ts'
import { runCommand } from './run-command.ts'
import { findMissing, installCommand, type Server } from './servers.ts'
import { readTestResult, type TestResult } from './test-result.ts'

async function main(vitestArguments: readonly string[]): Promise<void> {
  const problem = nodeProblem(process.version)
  if (problem !== undefined) {
    console.error(problem)
    console.log('0 passed, 1 failed')
    process.exitCode = 1
    return
  }
  const missing = findMissing()
  const serversRequired = process.env['KEELSON_REQUIRE_SERVERS'] === '1'
  console.log(`Node ${process.version}; checks first, then tests\n`)
  warn(missing, serversRequired)
  // The unit tests run below, with the others.
  const results = await runChecks(checks.filter(({ name }) => name !== 'unit'))
  console.log('')
  const tests = await runTests(vitestArguments)
  const failedChecks = results.filter(({ passed }) => !passed).map(({ name }) => name)

  console.log('')
  warn(missing, serversRequired)
  for (const file of tests.skippedIn) console.log(`skipped tests in ${relative(repositoryRoot, file)}`)
  if (failedChecks.length > 0)
    console.log(colour(process.stdout, 'red', `failed checks: ${failedChecks.join(', ')}`))
  console.log(`checks: ${results.length - failedChecks.length} passed, ${failedChecks.length} failed`)
  console.log(`tests: ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`)
  const passed = results.length - failedChecks.length + tests.passed
  const failed = failedChecks.length + tests.failed + (serversRequired && missing.length > 0 ? 1 : 0)
  process.exitCode = failed === 0 ? 0 : 1
  console.log(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`)
}

function warn(missing: readonly Server[], serversRequired: boolean): void {
  if (missing.length === 0) return
  const names = missing.map(({ binary }) => binary).join(', ')
  const consequence = serversRequired
    ? 'KEELSON_REQUIRE_SERVERS is 1, so this fails'
    : 'tests that need them are skipped'
  const text = `!! Not installed: ${names}; ${consequence}.\n!! Install them: npm run setup (as root: ${installCommand(missing)})\n`
  console.log(colour(process.stdout, 'yellow', text))
}

async function runTests(vitestArguments: readonly string[]): Promise<TestResult> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-test-'))
  const file = join(folder, 'result.json')
  try {
    const { code } = await runCommand(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...vitestArguments],
      { inherit: true },
    )
    return readTestResult(existsSync(file) ? readFileSync(file, 'utf8') : undefined, code)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (isCommand(import.meta.url)) await main(process.argv.slice(2))
