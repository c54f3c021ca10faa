import { rate, type Row, shown } from './board.ts'
import type { Matcher } from './series-name.ts'

/**
 * What happens on the way to dependencies.
 *
 * @param dependency the only one to show; all of them without
 */
export function dependencyRow(dependency?: string): Row {
  const only: readonly Matcher[] = dependency === undefined ? [] : [`dependency=${quoted(dependency)}`]
  return {
    title: dependency === undefined ? 'Dependencies' : `Dependency ${dependency}`,
    panels: [
      {
        title: 'Calls by outcome',
        description: 'Calls a second that ended, retries and fallback included: what the handlers saw.',
        kind: 'timeseries',
        unit: 'ops',
        targets: [
          {
            expr: `sum by (job, dependency, outcome) (${rate('keelson_client_calls_total', ...only)})`,
            legend: '{{job}} → {{dependency}} {{outcome}}',
          },
        ],
      },
      {
        title: 'Attempts by outcome',
        description: 'Single attempts a second: what the dependency saw.',
        kind: 'timeseries',
        unit: 'ops',
        targets: [
          {
            expr: `sum by (job, dependency, outcome) (${rate('keelson_client_attempts_total', ...only)})`,
            legend: '{{job}} → {{dependency}} {{outcome}}',
          },
        ],
      },
      {
        title: 'Duration, 99 %',
        description: 'What 99 % of the calls and of their attempts kept to.',
        kind: 'timeseries',
        unit: 's',
        targets: [
          {
            expr: `histogram_quantile(0.99, sum by (le, job, dependency) (${rate('keelson_client_call_duration_seconds_bucket', ...only)}))`,
            legend: '{{job}} → {{dependency}} calls',
          },
          {
            expr: `histogram_quantile(0.99, sum by (le, job, dependency) (${rate('keelson_client_attempt_duration_seconds_bucket', ...only)}))`,
            legend: '{{job}} → {{dependency}} attempts',
          },
        ],
      },
      {
        title: 'Circuit breakers',
        description:
          'Whether each replica lets calls through; held closed: whatever fails, because somebody decided so.',
        kind: 'state-timeline',
        unit: 'short',
        targets: [
          {
            expr: `max by (instance, dependency) (${shown('keelson_breaker_state', 'state="closed"', ...only)} or 2 * ${shown('keelson_breaker_forced', 'to="closed"', ...only)})`,
            legend: '{{instance}} → {{dependency}}',
          },
        ],
        states: { 0: ['not closed', 'red'], 1: ['closed', 'green'], 2: ['held closed', 'orange'] },
      },
      {
        title: 'Retries',
        description: 'Failed attempts a second, by what came of the retry.',
        kind: 'timeseries',
        unit: 'ops',
        targets: [
          {
            expr: `sum by (job, dependency, result) (${rate('keelson_client_retries_total', ...only)})`,
            legend: '{{job}} → {{dependency}} {{result}}',
          },
        ],
      },
      {
        title: 'Endpoints',
        description:
          'Addresses of the dependency that calls go to, and those that are left out for their failures.',
        kind: 'timeseries',
        unit: 'short',
        targets: [
          {
            expr: `sum by (instance, dependency, state) (${shown('keelson_client_endpoints', ...only)})`,
            legend: '{{instance}} → {{dependency}} {{state}}',
          },
        ],
      },
    ],
  }
}

function quoted(value: string): `"${string}"` {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
