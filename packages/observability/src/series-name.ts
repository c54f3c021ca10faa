import type { MetricName } from '@keelson/metrics'

/** Name of a series that a keelson service shows, so that a name which the catalogue does not have fails to compile. */
export type SeriesName = MetricName | `${MetricName}_bucket` | `${MetricName}_count` | `${MetricName}_sum`

/** A label matcher as PromQL writes it: `reason!="draining"`. */
export type Matcher = `${string}${'=' | '!=' | '=~' | '!~'}"${string}"`

/** A selector: `keelson_ready`, `http_requests_total{status_code=~"5.."}`. */
export function selector(name: SeriesName, ...matchers: readonly Matcher[]): string {
  return matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`
}
