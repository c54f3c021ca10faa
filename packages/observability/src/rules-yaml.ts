import type { AlertRule, RecordingRule, RuleGroup } from './rule.ts'

/** Where the page of an alert is, before its name and `.md`. */
const runbookFolder = 'docs/runbooks/'

/** First line of every file that is written from the sources. */
const notice = '# Written by @keelson/observability from its sources: change those, not this file.\n'

/** Writes groups of rules as a rule file of Prometheus. */
export function rulesYaml(groups: readonly RuleGroup[]): string {
  return `${notice}groups:\n${groups.map(groupYaml).join('')}`
}

function groupYaml({ name, rules }: RuleGroup): string {
  return `  - name: ${name}\n    rules:\n${rules.map(ruleYaml).join('')}`
}

function ruleYaml(rule: RecordingRule | AlertRule): string {
  if ('record' in rule) return `      - record: ${rule.record}\n${exprYaml(rule.expr)}`
  return `      - alert: ${rule.alert}
${exprYaml(rule.expr)}        for: ${rule.for}
        labels:
          severity: ${rule.severity}
        annotations:
          summary: ${JSON.stringify(rule.summary)}
          description: ${JSON.stringify(rule.description)}
          runbook_url: ${runbookFolder}${rule.alert}.md
`
}

/** As a block, so that no character of PromQL means anything to YAML. */
function exprYaml(expr: string): string {
  return `        expr: |-\n${expr.replaceAll(/^/gm, '          ')}\n`
}
