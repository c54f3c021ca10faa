import type { AlertRule, RecordingRule, RuleGroup } from './rule.ts'

/** Where the pages of the alerts are unless said otherwise: beside the rules, as the package and an export have them. */
export const defaultRunbookBase = 'runbooks'

/** First line of every file that is written from the sources. */
export const notice: string =
  '# Written by @keelson/observability from its sources: change those, not this file.\n'

/**
 * Writes groups of rules as a rule file of Prometheus.
 *
 * @param runbookBase address of the folder with the pages of the alerts, for the annotation `runbook_url`
 */
export function rulesYaml(groups: readonly RuleGroup[], runbookBase: string = defaultRunbookBase): string {
  const rulesOf = ({ name, rules }: RuleGroup) =>
    `  - name: ${name}\n    rules:\n${rules.map((rule) => ruleYaml(rule, runbookBase)).join('')}`
  return `${notice}groups:\n${groups.map(rulesOf).join('')}`
}

function ruleYaml(rule: RecordingRule | AlertRule, runbookBase: string): string {
  if ('record' in rule) return `      - record: ${rule.record}\n${exprYaml(rule.expr)}`
  return `      - alert: ${rule.alert}
${exprYaml(rule.expr)}        for: ${rule.for}
        labels:
          severity: ${rule.severity}
        annotations:
          summary: ${JSON.stringify(rule.summary)}
          description: ${JSON.stringify(rule.description)}
          runbook_url: ${JSON.stringify(`${runbookBase}/${rule.alert}.md`)}
`
}

/** As a block, so that no character of PromQL means anything to YAML. */
function exprYaml(expr: string): string {
  return `        expr: |-\n${expr.replaceAll(/^/gm, '          ')}\n`
}
