import { type LimitsSampled, subscribe } from '@keelson/core/channels'
import type { ProcessScalarName } from './process-catalogue.ts'
import type { FactSource } from './service-facts.ts'

const verdicts = ['unknown', 'flat', 'growing'] as const

/**
 * Turns what is found out about the process into series: how its last life ended, what its container allows and uses,
 * whether its heap leaks. Figures of the container are those of the last sample, at most a few seconds old.
 *
 * @returns one function per subscription that ends it
 */
export function recordProcessFacts({ service, families }: FactSource): readonly (() => void)[] {
  const previousExit = families.scalar('keelson_previous_exit_info')
  const problems = families.scalar('keelson_ledger_problems_total')
  const warnings = families.scalar('keelson_limits_warnings_total')
  const verdictSeries = families.scalar('keelson_leak_verdict')

  function show(name: ProcessScalarName, value: number | undefined): void {
    const family = families.scalar(name)
    if (value === undefined) family.clear()
    else family.series().value = value
  }

  return [
    subscribe('keelson.process.previous-exit', (fact) => {
      if (fact.service !== service) return
      previousExit.clear()
      previousExit.series(fact.reason).value = 1
      show('keelson_restarts_last_hour', fact.restartsLastHourCount)
    }),
    subscribe('keelson.ledger.problem', (fact) => {
      if (fact.service === service) problems.series(fact.problem).value++
    }),
    subscribe('keelson.limits.warning', (fact) => {
      if (fact.service === service) warnings.series(fact.subject).value++
    }),
    subscribe('keelson.limits.sampled', (fact) => {
      if (fact.service !== service) return
      for (const [name, value] of containerValues(fact)) show(name, value)
      for (const verdict of verdicts) {
        verdictSeries.series(verdict).value = verdict === fact.leakVerdict ? 1 : 0
      }
    }),
  ]
}

function containerValues(
  fact: LimitsSampled,
): readonly (readonly [name: ProcessScalarName, value: number | undefined])[] {
  return [
    ['keelson_restarts_last_hour', fact.restartsLastHourCount],
    ['keelson_container_memory_limit_bytes', fact.memoryLimitBytes],
    ['keelson_container_memory_usage_bytes', fact.memoryUsageBytes],
    ['keelson_container_memory_working_set_bytes', fact.memoryWorkingSetBytes],
    ['keelson_container_memory_peak_bytes', fact.memoryPeakBytes],
    ['keelson_container_oom_kills_total', fact.oomKillCount],
    ['keelson_container_cpu_limit_cores', fact.cpuLimitCores],
    ['keelson_container_cpu_periods_total', fact.cpuPeriodCount],
    ['keelson_container_cpu_throttled_periods_total', fact.cpuThrottledPeriodCount],
    ['keelson_container_cpu_throttled_seconds_total', inSeconds(fact.cpuThrottledMs)],
    ['keelson_leak_time_to_limit_seconds', inSeconds(fact.leakTimeToLimitMs)],
  ]
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1_000
}
