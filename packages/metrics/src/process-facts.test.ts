import { channel, type LimitsSampled, type PreviousExit } from '@keelson/core/channels'
import { createFakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createFamilies } from './families.ts'
import { PageWriter } from './page-writer.ts'
import { recordProcessFacts } from './process-facts.ts'

const service = 'process-facts-test'
const ends: (() => void)[] = []

afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function setup() {
  const families = createFamilies({ maxSeries: 1_000, onOverflow: () => {} })
  ends.push(...recordProcessFacts({ service, families, clock: createFakeClock() }))
  return async (start: string) => {
    const page = new PageWriter('text')
    await families.write(page, new Set(), () => undefined)
    return page
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(start))
  }
}

const previous: PreviousExit = {
  service,
  reason: 'memory-kill',
  evidence: 'because',
  lastSeenAtMs: 1,
  lifetimeMs: 1,
  exitCode: undefined,
  error: undefined,
  requestId: undefined,
  vitals: undefined,
  restartsLastHourCount: 3,
}

const sample: LimitsSampled = {
  service,
  memoryLimitBytes: 256,
  memoryUsageBytes: 200,
  memoryWorkingSetBytes: 150,
  memoryPeakBytes: 240,
  oomKillCount: 1,
  cpuLimitCores: 1.5,
  cpuPeriodCount: 100,
  cpuThrottledPeriodCount: 7,
  cpuThrottledMs: 2_500,
  heapLimitBytes: 180,
  leakVerdict: 'growing',
  leakTimeToLimitMs: 60_000,
  restartsLastHourCount: 2,
}

describe('recordProcessFacts', () => {
  it('shows how the last life ended, and how often the service was started again', async () => {
    const lines = setup()
    expect(await lines('keelson_')).toEqual([])
    channel('keelson.process.previous-exit').publish(previous)
    expect(await lines('keelson_')).toEqual([
      'keelson_previous_exit_info{reason="memory-kill"} 1',
      'keelson_restarts_last_hour 3',
    ])
  })

  it('shows the container and the heap as last sampled', async () => {
    const lines = setup()
    channel('keelson.limits.sampled').publish(sample)
    expect(await lines('keelson_')).toEqual([
      'keelson_restarts_last_hour 2',
      'keelson_container_memory_limit_bytes 256',
      'keelson_container_memory_usage_bytes 200',
      'keelson_container_memory_working_set_bytes 150',
      'keelson_container_memory_peak_bytes 240',
      'keelson_container_oom_kills_total 1',
      'keelson_container_cpu_limit_cores 1.5',
      'keelson_container_cpu_periods_total 100',
      'keelson_container_cpu_throttled_periods_total 7',
      'keelson_container_cpu_throttled_seconds_total 2.5',
      'keelson_leak_verdict{verdict="unknown"} 0',
      'keelson_leak_verdict{verdict="flat"} 0',
      'keelson_leak_verdict{verdict="growing"} 1',
      'keelson_leak_time_to_limit_seconds 60',
    ])
  })

  it('leaves out what is not known, and takes back what is over', async () => {
    const lines = setup()
    channel('keelson.limits.sampled').publish(sample)
    channel('keelson.limits.sampled').publish({
      ...sample,
      memoryLimitBytes: undefined,
      cpuLimitCores: undefined,
      leakVerdict: 'flat',
      leakTimeToLimitMs: undefined,
    })
    expect(await lines('keelson_container_memory_limit')).toEqual([])
    expect(await lines('keelson_container_cpu_limit')).toEqual([])
    expect(await lines('keelson_leak')).toEqual([
      'keelson_leak_verdict{verdict="unknown"} 0',
      'keelson_leak_verdict{verdict="flat"} 1',
      'keelson_leak_verdict{verdict="growing"} 0',
    ])
  })

  it('counts warnings and problems, and leaves those of another service alone', async () => {
    const lines = setup()
    const warning = { subject: 'heap', usedBytes: 1, limitBytes: 1, message: 'm' } as const
    const problem = { problem: 'corrupt', path: '/p', message: 'm' } as const
    for (const name of [service, 'another']) {
      channel('keelson.limits.warning').publish({ service: name, ...warning })
      channel('keelson.ledger.problem').publish({ service: name, ...problem })
      if (name === service) continue
      channel('keelson.limits.sampled').publish({ ...sample, service: name })
      channel('keelson.process.previous-exit').publish({ ...previous, service: name })
    }
    expect(await lines('keelson_')).toEqual([
      'keelson_ledger_problems_total{problem="corrupt"} 1',
      'keelson_limits_warnings_total{subject="heap"} 1',
    ])
  })
})
