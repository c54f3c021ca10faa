export { houseRules, serviceRules } from './rules.ts'
export { rulesYaml } from './rules-yaml.ts'
export type { AlertRule, RecordingRule, RuleGroup, Severity } from './rule.ts'
