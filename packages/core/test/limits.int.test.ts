import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ContainerLimits, MemoryVitals } from '@keelson/core/limits'
import { startProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { loudly, makeMemoryCgroup } from './limits-cgroup.ts'

const program = fileURLToPath(new URL('./limits-show.ts', import.meta.url))
const mebibyte = 1_048_576

type Shown = ContainerLimits & { readonly vitals: MemoryVitals; readonly warning?: string }

/** Runs limits-show within control groups; what it says at its start and after its work. */
async function show(
  folders: readonly string[],
  nodeOptions: readonly string[] = [],
  { before = '', env = {} }: { before?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<readonly Shown[]> {
  const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs && `).join('')
  await using shower = startProcess({
    command: [
      'sh',
      '-c',
      `${before} ${enter} exec "$0" "$@"`,
      process.execPath,
      '--conditions=keelson-source',
      ...nodeOptions,
      program,
    ],
    env,
  })
  expect(await shower.exited()).toEqual({ code: 0, signal: null })
  return shower.stdout.map((line) => JSON.parse(line) as Shown) // limits-show writes nothing else
}

describe('readLimits on this machine', () => {
  it('knows no limit where there is none, and the memory in use', async () => {
    const [first] = await show([])
    expect(first?.warning).toBeUndefined()
    expect(first?.vitals.rssBytes).toBeGreaterThan(10 * mebibyte)
    expect(first?.vitals.heapUsedBytes).toBeLessThan(first?.vitals.heapLimitBytes ?? 0)
  })

  it('throws nothing when the process has no file left to open', async () => {
    const [first, last] = await show([], [], { before: 'ulimit -n 40;', env: { EXHAUST: '1' } })
    expect(first?.vitals.rssBytes).toBeGreaterThan(0)
    expect(last?.vitals.rssBytes).toBeUndefined()
    expect(last?.vitals.heapUsedBytes).toBeGreaterThan(0)
    expect(Object.keys(last?.memory ?? {})).toEqual([])
  })

  it('knows the memory of a control group', async ({ skip }) => {
    const memory = loudly('limits of memory', () => makeMemoryCgroup(128 * mebibyte)) ?? skip()
    try {
      const [first] = await show([memory])
      expect(first?.memory).toMatchObject({ limitBytes: 128 * mebibyte, oomKillCount: 0 })
      expect(first?.memory.usageBytes).toBeGreaterThan(5 * mebibyte)
      expect(first?.memory.usageBytes).toBeLessThanOrEqual(128 * mebibyte)
      expect(first?.memory.workingSetBytes).toBeLessThanOrEqual(first?.memory.usageBytes ?? 0)
      expect(first?.memory.peakBytes).toBeGreaterThanOrEqual(first?.memory.usageBytes ?? 0)
      expect(first?.warning).toContain('--max-old-space-size=76')
      const [fitted] = await show([memory], ['--max-old-space-size=76'])
      expect(fitted?.warning).toBeUndefined()
    } finally {
      rmdirSync(memory)
    }
  })

  it('knows the quota of a control group, and how often it was used up', async ({ skip }) => {
    const cpu = loudly('limits of the processor', makeCpuCgroup) ?? skip()
    try {
      const [first, last] = await show([cpu])
      expect(first?.cpu.limitCores).toBe(0.25)
      expect(last?.cpu.throttledPeriodCount).toBeGreaterThan(first?.cpu.throttledPeriodCount ?? 0)
      expect(last?.cpu.throttledMs).toBeGreaterThan(first?.cpu.throttledMs ?? 0)
      expect(last?.cpu.periodCount).toBeGreaterThanOrEqual(last?.cpu.throttledPeriodCount ?? 0)
    } finally {
      rmdirSync(cpu)
    }
  })
})

/** A quarter of a core, by version 1; throws where it cannot be made. */
function makeCpuCgroup(): string {
  const folder = `/sys/fs/cgroup/cpu/keelson-test-${process.pid}`
  mkdirSync(folder)
  writeFileSync(`${folder}/cpu.cfs_quota_us`, '25000')
  return folder
}
