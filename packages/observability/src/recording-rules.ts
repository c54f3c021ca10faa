import type { RecordingRule, RuleGroup } from './rule.ts'
import { selector } from './series-name.ts'

/** Windows of the burn-rate alerts: Google's SRE workbook, chapter 5, table 5-8. */
const burnWindows = ['5m', '30m', '1h', '6h'] as const

/** Name of the series that says which jobs are keelson services: also of those that are down now. */
export const serviceJobs = 'namespace_job:keelson_services:count1d'

/** Name of the least old space of the last ten minutes: what garbage collections leave over, without the sawtooth. */
export const oldSpaceFloor = 'instance:nodejs_heap_old_space_used_bytes:min10m'

/** Name of the share of requests that failed within a window. */
export function errorRatio(window: (typeof burnWindows)[number]): string {
  return `namespace_job:http_request_errors_per_request:ratio_rate${window}`
}

/** Series that alerts and boards share. */
export const recordingRules: RuleGroup = {
  name: 'keelson-recording',
  rules: [
    {
      record: serviceJobs,
      expr: `count by (namespace, job) (last_over_time(${selector('keelson_build_info')}[1d]))`,
    },
    ...burnWindows.map(errorRatioRule),
    {
      record: oldSpaceFloor,
      expr: `min_over_time(${selector('nodejs_heap_space_size_used_bytes', 'space="old"')}[10m])`,
    },
  ],
}

function errorRatioRule(window: (typeof burnWindows)[number]): RecordingRule {
  const rate = (requests: string) => `sum by (namespace, job) (rate(${requests}[${window}]))`
  return {
    record: errorRatio(window),
    expr: `${rate(selector('http_requests_total', 'status_code=~"5.."'))}
/
(${rate(selector('http_requests_total'))} > 0)`,
  }
}
