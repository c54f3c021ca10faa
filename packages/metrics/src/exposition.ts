import type { MetricType } from './metric-definition.ts'

/** Text format 0.0.4 of Prometheus, or OpenMetrics 1.0.0. */
export type ExpositionFormat = 'text' | 'openmetrics'

/** Value of the `content-type` header of each format. */
export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/**
 * The `# HELP` and `# TYPE` lines of a metric. OpenMetrics names a counter without its `_total` here; the lines of the
 * values are the same in both formats.
 */
export function headerText(
  format: ExpositionFormat,
  name: string,
  type: MetricType | 'summary' | 'unknown',
  help: string,
): string {
  if (format === 'text') {
    return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type === 'unknown' ? 'untyped' : type}\n`
  }
  const family = type === 'counter' ? familyName(name) : name
  return `# HELP ${family} ${escapeLabelValue(help)}\n# TYPE ${family} ${type}\n`
}

/** Name of a metric without `_total`: two metrics that share it cannot stand in one exposition. */
export function familyName(name: string): string {
  return name.endsWith('_total') ? name.slice(0, -'_total'.length) : name
}

/** Labels as they stand between the braces: `method="GET",route="/videos/:id"`. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escapeLabelValue(values[index] ?? '')}"`).join(',')
}

/** Name and braces before a value: `name{a="b"} `, or `name ` without labels. */
export function sampleText(name: string, labels: string): string {
  return labels === '' ? `${name} ` : `${name}{${labels}} `
}

/** A value as Go's and OpenMetrics' number parsers read it. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/**
 * Bound of a bucket, with a point even when it is whole (`1.0`): OpenMetrics asks for it, Prometheus 3 rewrites to it, and
 * so one series keeps one label in every format and version.
 */
export function boundText(bound: number): string {
  return Number.isInteger(bound) && bound < 1e21 ? `${bound}.0` : numberText(bound)
}

/** Escapes a label value as both formats demand. */
export function escapeLabelValue(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
