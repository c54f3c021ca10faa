import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { selectChecks } from '../../scripts/check.ts'
import type { Check } from '../../scripts/checks.ts'
import { lowestNode, nodeProblem } from '../../scripts/node-version.ts'
import { readText, repositoryRoot } from '../../scripts/repository.ts'
import { runChecks } from '../../scripts/run-checks.ts'
import { findMissing, installCommand, servers } from '../../scripts/servers.ts'
import { planSetup } from '../../scripts/setup.ts'
import { readTestResult } from '../../scripts/test-result.ts'

describe('Node', () => {
  it('is one that the packages support, and on Linux the one that the repository brings', () => {
    expect(nodeProblem(process.version)).toBeUndefined()
    const { optionalDependencies } = JSON.parse(readText(repositoryRoot, 'package.json'))
    const brought: string | undefined = optionalDependencies[`node-${process.platform}-${process.arch}`]
    if (process.platform === 'linux' && brought !== undefined) expect(process.version).toBe(`v${brought}`)
  })

  it('is refused below the lowest version that the packages promise', () => {
    expect(nodeProblem('v20.20.2')).toContain('npm install')
    expect(nodeProblem('v22.18.9')).toContain(lowestNode)
    expect(nodeProblem('v22.19.0')).toBeUndefined()
    expect(nodeProblem('v24.0.0')).toBeUndefined()
    const { engines } = JSON.parse(readText(repositoryRoot, 'packages/keelson/package.json'))
    expect(engines.node).toBe(`>=${lowestNode}`)
  })
})

describe('runChecks', () => {
  it('goes on after a failure and shows the whole output of what failed', async () => {
    const written: string[] = []
    const output = new PassThrough().on('data', (chunk: Buffer) => written.push(String(chunk)))
    const results = await runChecks(
      [
        scriptCheck('bad', "console.log('one'); console.error('two'); process.exitCode = 3"),
        scriptCheck('good', "console.log('fine')"),
      ],
      output,
    )
    expect(results).toEqual([
      { name: 'bad', passed: false },
      { name: 'good', passed: true },
    ])
    const text = written.join('')
    expect(text).toMatch(
      /^FAIL {2}1\/2 bad .*\none\ntwo\nnode -e .*: exit code 3\n\nok {4}2\/2 good .* fine\n$/s,
    )
  })

  it('fails a check whose tool is not there', async () => {
    const missing = { name: 'missing', holds: '', commands: [['keelson-no-such-tool']] } satisfies Check
    expect(await runChecks([missing], new PassThrough())).toEqual([{ name: 'missing', passed: false }])
  })
})

describe('selectChecks', () => {
  it('picks by name and refuses a name that no check has', () => {
    expect(selectChecks('lint, types').map(({ name }) => name)).toEqual(['types', 'lint'])
    expect(() => selectChecks('lints')).toThrow('There is no check named lints')
  })
})

describe('readTestResult', () => {
  it('counts tests, files that could not run, and what was skipped', () => {
    const text = jsonReport(
      1,
      testFile('a', 'failed', 'passed', 'failed'),
      testFile('b', 'failed'),
      testFile('c', 'passed', 'passed', 'skipped', 'pending'),
    )
    expect(readTestResult(text, 1)).toEqual({ passed: 2, failed: 2, skipped: 2, skippedIn: ['c'] })
  })

  it('counts a run without a failed test that ends badly, and a run without a report, as one failure', () => {
    expect(readTestResult(jsonReport(0, testFile('a', 'passed', 'passed')), 1).failed).toBe(1)
    expect(readTestResult(jsonReport(0, testFile('a', 'passed', 'passed')), 0).failed).toBe(0)
    expect(readTestResult(undefined, 1).failed).toBe(1)
  })
})

describe('setup', () => {
  const missing = findMissing('/bin', (path) => !path.endsWith('/nginx') && !path.endsWith('/wrk'))

  it('finds programs on the path and in the sbin folders', () => {
    expect(missing.map(({ binary }) => binary)).toEqual(['nginx', 'wrk'])
    expect(findMissing('/bin', () => false)).toHaveLength(servers.length)
    expect(findMissing('', (path) => path.startsWith('/usr/sbin/'))).toEqual([])
  })

  it('installs as root on a Debian-like system, only what is missing', () => {
    expect(planSetup(missing, { isRoot: true, hasApt: true })).toEqual({
      action: 'install',
      commands: [
        ['apt-get', 'update'],
        ['apt-get', 'install', '--yes', '--no-install-recommends', 'nginx', 'wrk'],
      ],
    })
  })

  it('prints the command for another user, and asks nothing of another system', () => {
    expect(planSetup(missing, { isRoot: false, hasApt: true })).toMatchObject({
      action: 'print',
      message: expect.stringContaining(installCommand(missing)),
    })
    expect(planSetup(missing, { isRoot: true, hasApt: false })).toMatchObject({ action: 'print' })
    expect(planSetup([], { isRoot: true, hasApt: true })).toMatchObject({ action: 'nothing' })
  })
})

function scriptCheck(name: string, script: string): Check {
  return { name, holds: '', commands: [['node', '-e', script]] }
}

/** The parts of vitest's JSON report that are read. */
function jsonReport(failed: number, ...testResults: object[]): string {
  return JSON.stringify({ numPassedTests: 2, numFailedTests: failed, testResults })
}

function testFile(name: string, status: string, ...tests: string[]): object {
  return { name, status, assertionResults: tests.map((one) => ({ status: one })) }
}
