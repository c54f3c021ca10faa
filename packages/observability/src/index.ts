export { houseRules, serviceRules } from './rules.ts'
export { rulesYaml } from './rules-yaml.ts'
export type { AlertRule, RecordingRule, RuleGroup, Severity } from './rule.ts'
export { houseBoard, serviceBoard } from './boards.ts'
export { boardJson } from './board-json.ts'
export type { Board, Panel, Row, Target, Unit } from './board.ts'
export { alertCases, type AlertCase, serviceAlertCases } from './alert-cases.ts'
export { ruleTests } from './rule-tests.ts'
export {
  exportObservability,
  type ExportOptions,
  observabilityFiles,
  type ObservabilityFile,
  type ObservabilityOptions,
} from './export.ts'
export { observabilityErrors, type ObservabilityErrorCode } from './errors.ts'
