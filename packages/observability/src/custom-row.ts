import type { MetricDefinition } from '@keelson/metrics'
import type { Panel, Row, Unit } from './board.ts'

/** Panels for the metrics of a service's own, drawn from what their definitions say. */
export function customRow(service: string, metrics: readonly MetricDefinition[]): readonly Row[] {
  return metrics.length === 0 ? [] : [{ title: `Metrics of ${service}`, panels: metrics.map(panelOf) }]
}

function panelOf({ name, type, help, labels, unit }: MetricDefinition): Panel {
  const by = ['job', ...labels].join(', ')
  const legend = ['job', ...labels].map((label) => `{{${label}}}`).join(' ')
  const base = { title: name, description: help, kind: 'timeseries' } as const
  if (type === 'histogram') {
    const targets = [0.5, 0.99].map((quantile) => ({
      expr: `histogram_quantile(${quantile}, sum by (le, ${by}) (${rateOf(`${name}_bucket`)}))`,
      legend: `${legend} ${quantile * 100} %`,
    }))
    return { ...base, unit: unitOf(unit), targets }
  }
  return type === 'counter'
    ? {
        ...base,
        unit: unit === undefined ? 'ops' : unitOf(unit),
        targets: [{ expr: `sum by (${by}) (${rateOf(name)})`, legend }],
      }
    : { ...base, unit: unitOf(unit), targets: [{ expr: `sum by (${by}) (${chosen(name)})`, legend }] }
}

/** As `shown`, for names that the catalogue does not have. */
function chosen(series: string): string {
  return `${series}{job=~"$job",instance=~"$instance"}`
}

function rateOf(series: string): string {
  return `rate(${chosen(series)}[$__rate_interval])`
}

function unitOf(unit: MetricDefinition['unit']): Unit {
  return unit === undefined ? 'short' : units[unit]
}

const units: Readonly<Record<NonNullable<MetricDefinition['unit']>, Unit>> = {
  seconds: 's',
  bytes: 'bytes',
  ratio: 'percentunit',
}
