import { rate, type Row, shown } from './board.ts'
import { perInstance } from './per-instance.ts'

/** What a service is told and what it tells: configuration, log, metrics. */
export const signalRows: readonly Row[] = [
  {
    title: 'Configuration',
    panels: [
      {
        title: 'Configurations in force',
        description: 'How many replicas have each digest: more than one for long is drift.',
        kind: 'timeseries',
        unit: 'short',
        targets: [
          { expr: `count by (job, hash) (${shown('keelson_config_info')})`, legend: '{{job}} {{hash}}' },
        ],
      },
      {
        title: 'Changes',
        description:
          'Changes of configuration that came into force, and that were refused, within the hour before.',
        kind: 'timeseries',
        unit: 'short',
        targets: [
          {
            expr: `sum by (job) (increase(${shown('keelson_config_applied_total')}[1h]))`,
            legend: '{{job}} applied',
          },
          {
            expr: `sum by (job) (increase(${shown('keelson_config_rejected_total')}[1h]))`,
            legend: '{{job}} refused',
          },
        ],
      },
      {
        title: 'Sources',
        description: 'Whether each replica reaches its sources of configuration.',
        kind: 'state-timeline',
        unit: 'short',
        targets: [{ expr: shown('keelson_config_source_up'), legend: '{{instance}} {{source}}' }],
        states: { 0: ['out of reach', 'red'], 1: ['up', 'green'] },
      },
    ],
  },
  {
    title: 'Log, names and metrics',
    panels: [
      {
        title: 'Log lines lost',
        description: 'Lines a second that nobody will find, by reason.',
        kind: 'timeseries',
        unit: 'ops',
        targets: [
          {
            expr: `sum by (job, reason) (${rate('keelson_log_dropped_total')})`,
            legend: '{{job}} {{reason}}',
          },
        ],
      },
      {
        title: 'Metrics beyond bounds',
        description: 'Recordings a second that a cap put under other, and values that were refused.',
        kind: 'timeseries',
        unit: 'ops',
        targets: [
          {
            expr: `sum by (job, metric) (${rate('keelson_metrics_overflow_total')})`,
            legend: '{{job}} {{metric}} beyond the cap',
          },
          {
            expr: `sum by (job) (${rate('keelson_channel_subscriber_errors_total')})`,
            legend: '{{job}} facts not taken',
          },
        ],
      },
      {
        title: 'Names looked up',
        description:
          'Questions to name servers a second by result, and answers given by where they came from.',
        kind: 'timeseries',
        unit: 'ops',
        targets: [
          {
            expr: `sum by (job, result) (${rate('keelson_dns_queries_total')})`,
            legend: '{{job}} asked: {{result}}',
          },
          {
            expr: `sum by (job, from) (${rate('keelson_dns_answers_total')})`,
            legend: '{{job}} answered: {{from}}',
          },
        ],
      },
      perInstance(
        'Cost of a scrape',
        'How long the page of metrics takes, waiting for collectors included.',
        's',
        `${rate('keelson_metrics_scrape_seconds_total')} / ${rate('keelson_metrics_scrapes_total')}`,
      ),
    ],
  },
]
