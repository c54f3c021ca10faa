/** A rule that keeps the result of a query as a series of its own. */
export interface RecordingRule {
  /** `level:metric:operations`, the form that Prometheus recommends. */
  readonly record: string
  /** PromQL. */
  readonly expr: string
}

/** How soon somebody has to look: `page` at once, `ticket` in working hours. */
export type Severity = 'page' | 'ticket'

/** A rule that tells people that something is wrong. */
export interface AlertRule {
  /** Name in capitals at word starts; also the name of its runbook page. */
  readonly alert: string
  /** PromQL. */
  readonly expr: string
  /** How long the expression must hold, as Prometheus writes durations: `5m`. */
  readonly for: string
  readonly severity: Severity
  /** One sentence; may hold `{{ $labels.job }}`. */
  readonly summary: string
  /** What it means for the users of the service; may hold labels too. */
  readonly description: string
}

/** Rules that are evaluated together, in order. */
export interface RuleGroup {
  readonly name: string
  readonly rules: readonly (RecordingRule | AlertRule)[]
}
