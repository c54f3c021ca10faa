import { processAlerts } from './process-alerts.ts'
import { recordingRules } from './recording-rules.ts'
import type { RuleGroup } from './rule.ts'
import { requestAlerts, signalAlerts } from './service-alerts.ts'

/** The rules that hold for every keelson service; one Prometheus needs them once. */
export const houseRules: readonly RuleGroup[] = Object.freeze([
  recordingRules,
  processAlerts,
  requestAlerts,
  signalAlerts,
])

/**
 * The rules of one service: that Prometheus knows of it at all, which no series of its own can say.
 *
 * @param service name of the service
 * @param job value of the label `job` of its targets
 */
export function serviceRules(service: string, job: string): readonly RuleGroup[] {
  return [
    {
      name: `keelson-${service}`,
      rules: [
        {
          alert: 'KeelsonTargetMissing',
          expr: `absent(up{job=${JSON.stringify(job)}})`,
          for: '10m',
          severity: 'page',
          summary: 'Prometheus knows of no replica of {{ $labels.job }}.',
          description: 'No target has this job: nothing runs, or the discovery does not find it.',
        },
      ],
    },
  ]
}
