import { errorRatio } from './recording-rules.ts'
import type { RuleGroup } from './rule.ts'
import { selector } from './series-name.ts'

/** Share of requests that may fail: an objective of 99.9 %. */
const errorBudgetRatio = 0.001

/** Alerts about the requests of a service and the services that it calls. */
export const requestAlerts: RuleGroup = {
  name: 'keelson-requests',
  rules: [
    {
      alert: 'KeelsonErrorBudgetBurnFast',
      // 14.4 times the even pace spends 2 % of a month's budget in an hour: SRE workbook, chapter 5, table 5-8.
      expr: `${errorRatio('1h')} > 14.4 * ${errorBudgetRatio}
and
${errorRatio('5m')} > 14.4 * ${errorBudgetRatio}`,
      for: '2m',
      severity: 'page',
      summary: '{{ $labels.job }} fails so many requests that a month of errors fits into two days.',
      description:
        'More than 1.44 % of the requests of the last hour, and of the last five minutes, ended with 5xx.',
    },
    {
      alert: 'KeelsonErrorBudgetBurnSlow',
      expr: `${errorRatio('6h')} > 6 * ${errorBudgetRatio}
and
${errorRatio('30m')} > 6 * ${errorBudgetRatio}`,
      for: '15m',
      severity: 'ticket',
      summary: '{{ $labels.job }} fails so many requests that a month of errors fits into five days.',
      description:
        'More than 0.6 % of the requests of the last six hours, and of the last half hour, ended with 5xx.',
    },
    {
      alert: 'KeelsonRequestsShed',
      expr: `sum by (namespace, job) (rate(${selector('keelson_admission_shed_total', 'reason!="draining"')}[5m]))
/
(sum by (namespace, job) (rate(${selector('http_requests_total')}[5m])) > 0)
> 0.01`,
      for: '5m',
      severity: 'page',
      summary: '{{ $labels.job }} refuses more than 1 % of its requests at the door.',
      description: 'There is more work than the replicas can do in time.',
    },
    {
      alert: 'KeelsonBreakerOpen',
      // Not closed at any moment: a breaker that tries again and again goes through half-open, which would reset a `for`.
      expr: `max by (namespace, job, dependency) (max_over_time(${selector('keelson_breaker_state', 'state="closed"')}[5m])) == 0`,
      for: '0m',
      severity: 'page',
      summary: '{{ $labels.job }} has not reached {{ $labels.dependency }} for five minutes.',
      description: 'The circuit breakers of all replicas are open, and calls fail or get their fallback.',
    },
    {
      alert: 'KeelsonBreakerHeldClosed',
      // Longer than the operator's action lasts when it is told no time.
      expr: `max by (namespace, job, dependency) (${selector('keelson_breaker_forced', 'to="closed"')}) == 1`,
      for: '15m',
      severity: 'ticket',
      summary:
        '{{ $labels.job }} may not cut off {{ $labels.dependency }}: its circuit breaker is held closed.',
      description:
        'Somebody decides in its place, and perhaps forgot it: no call is refused, whatever fails.',
    },
    {
      alert: 'KeelsonRetryStorm',
      expr: `sum by (namespace, job, dependency) (rate(${selector('keelson_client_retries_total', 'result="scheduled"')}[5m]))
/
(sum by (namespace, job, dependency) (rate(${selector('keelson_client_calls_total')}[5m])) > 0)
> 0.1`,
      for: '5m',
      severity: 'ticket',
      summary: '{{ $labels.job }} sends more than one retry for ten calls to {{ $labels.dependency }}.',
      description: 'Retries hide the failures of the dependency from users and add to its load.',
    },
  ],
}

/** Alerts about what a service is told and what it tells. */
export const signalAlerts: RuleGroup = {
  name: 'keelson-signals',
  rules: [
    {
      alert: 'KeelsonLogLinesLost',
      expr: `sum by (namespace, job, reason) (increase(${selector('keelson_log_dropped_total')}[10m])) > 0`,
      for: '0m',
      severity: 'ticket',
      summary: '{{ $labels.job }} loses log lines: {{ $labels.reason }}.',
      description:
        'Lines come faster than whoever reads them takes them; what is missing cannot be searched for.',
    },
    {
      alert: 'KeelsonConfigurationDrift',
      expr: `count by (namespace, job) (count by (namespace, job, hash) (${selector('keelson_config_info')})) > 1`,
      for: '15m',
      severity: 'ticket',
      summary: 'Replicas of {{ $labels.job }} run with different configurations.',
      description:
        'For a quarter of an hour: longer than a rollout, and than a change takes to reach all replicas.',
    },
    {
      alert: 'KeelsonConfigurationStale',
      expr: `${selector('keelson_config_source_up')} == 0`,
      for: '10m',
      severity: 'ticket',
      summary: '{{ $labels.instance }} of {{ $labels.job }} cannot reach {{ $labels.source }}.',
      description: 'It goes on with the last good configuration and hears of no change.',
    },
    {
      alert: 'KeelsonConfigurationRejected',
      expr: `sum by (namespace, job) (increase(${selector('keelson_config_rejected_total')}[15m])) > 0`,
      for: '0m',
      severity: 'ticket',
      summary: '{{ $labels.job }} has refused a change of its configuration.',
      description: 'The change was invalid as a whole, and the last good configuration stays in force.',
    },
    {
      alert: 'KeelsonSeriesOverflow',
      expr: `sum by (namespace, job, metric) (increase(${selector('keelson_metrics_overflow_total')}[15m])) > 0`,
      for: '15m',
      severity: 'ticket',
      summary: '{{ $labels.metric }} of {{ $labels.job }} has more label values than its cap.',
      description:
        'What comes later is counted under the label value other, and boards cannot tell it apart.',
    },
  ],
}
