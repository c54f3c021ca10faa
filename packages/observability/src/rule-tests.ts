import type { AlertCase } from './alert-cases.ts'
import type { AlertRule, RuleGroup } from './rule.ts'
import { defaultRunbookBase, notice } from './rules-yaml.ts'

/** Every alert of some groups, by name. */
export function alertsOf(groups: readonly RuleGroup[]): ReadonlyMap<string, AlertRule> {
  return new Map(
    groups
      .flatMap(({ rules }) => rules)
      .filter((rule) => 'alert' in rule)
      .map((rule) => [rule.alert, rule]),
  )
}

/**
 * The file of `promtool test rules` for some cases.
 *
 * @param ruleFile path of the rules, as seen from the file of the tests
 * @param groups what stands in it
 * @param runbookBase as the rules were written with
 * @throws TypeError when a case names an alert that the groups do not have
 */
export function ruleTests(
  ruleFile: string,
  groups: readonly RuleGroup[],
  cases: readonly AlertCase[],
  runbookBase: string = defaultRunbookBase,
): string {
  const alerts = alertsOf(groups)
  const tests = cases.map((one) => caseYaml(one, alerts.get(one.alert), runbookBase))
  return `${notice}rule_files:\n  - ${scalar(ruleFile)}\nevaluation_interval: 1m\ntests:\n${tests.join('')}`
}

function caseYaml(
  { alert, situation, series, at, fires }: AlertCase,
  rule: AlertRule | undefined,
  runbookBase: string,
): string {
  if (rule === undefined)
    throw new TypeError(`A case names the alert ${alert}, which the groups do not have.`)
  const inputs = Object.entries(series).map(
    ([name, values]) => `      - series: ${scalar(name)}\n        values: ${scalar(values)}\n`,
  )
  return `  - name: ${scalar(`${alert}: ${situation}`)}
    interval: 1m
    input_series:
${inputs.join('')}    alert_rule_test:
      - alertname: ${alert}
        eval_time: ${at}
        exp_alerts:${fires === undefined ? ' []\n' : `\n${expected(rule, fires, runbookBase)}`}`
}

function expected(rule: AlertRule, labels: Readonly<Record<string, string>>, runbookBase: string): string {
  const filled = (text: string) =>
    text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? '')
  return `          - exp_labels:
${mapping({ ...labels, severity: rule.severity })}            exp_annotations:
${mapping({
  summary: filled(rule.summary),
  description: filled(rule.description),
  runbook_url: `${runbookBase}/${rule.alert}.md`,
})}`
}

function mapping(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `              ${key}: ${scalar(value)}\n`)
    .join('')
}

/** In single quotes where that saves escapes: series are full of double ones. */
function scalar(value: string): string {
  return /["\\]/.test(value) && !/['\n]/.test(value) ? `'${value}'` : JSON.stringify(value)
}
