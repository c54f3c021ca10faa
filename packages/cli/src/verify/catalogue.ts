import type { Check } from './check.ts'
import { contractCheck } from './checks/contract-checks.ts'
import { leakCheck } from './checks/leak-check.ts'
import { logChecks } from './checks/log-checks.ts'
import { metricChecks } from './checks/metric-checks.ts'
import { postureChecks } from './checks/posture-checks.ts'
import { probeChecks } from './checks/probe-checks.ts'
import { requestIdChecks } from './checks/request-id-checks.ts'
import { startChecks } from './checks/start-checks.ts'
import { stopChecks } from './checks/stop-checks.ts'

/**
 * Every check, in the order of reports: the stop first, because it is what a run is mostly about.
 *
 * @param today day in UTC, `2026-12-31`; waivers are measured against it
 */
export function createCatalogue(today: string): readonly Check[] {
  return [
    ...stopChecks,
    ...startChecks,
    ...probeChecks,
    ...requestIdChecks,
    ...logChecks,
    ...metricChecks,
    ...postureChecks,
    leakCheck,
    contractCheck(today),
  ]
}
