import type { AlertRule, RuleGroup } from '../src/rule.ts'
import type { AlertCase } from './alert-cases.ts'

/** Every alert of some groups, by name. */
export function alertsOf(groups: readonly RuleGroup[]): ReadonlyMap<string, AlertRule> {
  return new Map(
    groups
      .flatMap(({ rules }) => rules)
      .filter((rule) => 'alert' in rule)
      .map((rule) => [rule.alert, rule]),
  )
}

/** The file of `promtool test rules` for some cases. JSON, which is YAML too. */
export function promtoolTests(
  ruleFile: string,
  alerts: ReadonlyMap<string, AlertRule>,
  cases: readonly AlertCase[],
): string {
  const tests = cases.map(({ alert, situation, series, at, fires }) => ({
    name: `${alert}: ${situation}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      {
        alertname: alert,
        eval_time: at,
        exp_alerts: fires === undefined ? [] : [expected(alerts.get(alert), fires)],
      },
    ],
  }))
  return JSON.stringify({ rule_files: [ruleFile], evaluation_interval: '1m', tests })
}

function expected(rule: AlertRule | undefined, labels: Readonly<Record<string, string>>): object {
  if (rule === undefined) throw new Error('A case names an alert that there is not.')
  const filled = (text: string) =>
    text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? '')
  return {
    exp_labels: { ...labels, severity: rule.severity },
    exp_annotations: {
      summary: filled(rule.summary),
      description: filled(rule.description),
      runbook_url: `docs/runbooks/${rule.alert}.md`,
    },
  }
}
