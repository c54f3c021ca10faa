import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  alertCases as houseCases,
  type AlertCase,
  houseRules,
  rulesYaml,
  ruleTests,
  serviceAlertCases,
  serviceRules,
} from '@keelson/observability'
import { requireServer } from '@keelson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { alertsOf } from '../src/rule-tests.ts'

const promtool = requireServer('promtool')
const groups = [...houseRules, ...serviceRules('delivery', 'delivery')]
const alerts = alertsOf(groups)
const alertCases = [...houseCases, ...serviceAlertCases('delivery')]
const folder = mkdtempSync(join(tmpdir(), 'keelson-rules-'))
const runbooks = fileURLToPath(new URL('../runbooks/', import.meta.url))

afterAll(() => rmSync(folder, { recursive: true }))

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(promtool.path ?? 'promtool', args, { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function runCases(cases: readonly AlertCase[], rules: string = rulesYaml(groups)) {
  const ruleFile = write('rules.yaml', rules)
  return run('test', 'rules', write('tests.json', ruleTests(ruleFile, groups, cases)))
}

describe.skipIf(!promtool.available)('the rules', () => {
  test('are clean for promtool with every lint', () => {
    const { status, output } = run(
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      write('all.yaml', rulesYaml(groups)),
    )
    expect({ status, output }).toMatchObject({ status: 0 })
    expect(output).toContain(`SUCCESS: ${groups.flatMap(({ rules }) => rules).length} rules found`)
  })

  test('fire in every situation in which they should, and in no other', () => {
    expect(runCases(alertCases)).toMatchObject({ status: 0 })
  })

  test('are refused when one is broken, which shows that promtool looks', () => {
    const cases = alertCases.filter(({ alert }) => alert === 'KeelsonLogLinesLost')
    const renamed = rulesYaml(groups).replaceAll('keelson_log_dropped_total', 'keelson_log_lost_total')
    expect(runCases(cases).status).toBe(0)
    expect(runCases(cases, renamed).status).not.toBe(0)
  })
})

describe('every alert', () => {
  test.each([...alerts.keys()])('%s has a case that fires, one that is silent, and a runbook', (alert) => {
    const cases = alertCases.filter((one) => one.alert === alert)
    expect(cases.some(({ fires }) => fires !== undefined)).toBe(true)
    expect(cases.some(({ fires }) => fires === undefined)).toBe(true)
    const page = join(runbooks, `${alert}.md`)
    expect(existsSync(page)).toBe(true)
    const headings = readFileSync(page, 'utf8').match(/^#+ .*$/gm)
    expect(headings).toEqual([`# ${alert}`, '## Meaning', '## Look', '## Do'])
  })

  test('is named by its runbook alone: no page without an alert', () => {
    expect(readdirSync(runbooks).toSorted()).toEqual(
      [...alerts.keys()].map((name) => `${name}.md`).toSorted(),
    )
  })
})
