import { describe, expect, it } from 'vitest'
import { createLimitReader, readLimits } from './read-limits.ts'
import { systemTextReader } from './text-reader.ts'

const mebibyte = 1_048_576
const machineMemoryBytes = 8_192 * mebibyte

/** A machine whose files are these. */
function read(files: Readonly<Record<string, string>>) {
  return readLimits({ read: (path) => files[path], machineMemoryBytes })
}

/** A container of version 2, as Kubernetes makes it: its own namespace, its own group at the mount point. */
const second = {
  '/proc/self/mountinfo': '30 25 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw',
  '/proc/self/cgroup': '0::/\n',
  '/sys/fs/cgroup/memory.max': `${256 * mebibyte}\n`,
  '/sys/fs/cgroup/memory.current': `${200 * mebibyte}\n`,
  '/sys/fs/cgroup/memory.peak': `${240 * mebibyte}\n`,
  '/sys/fs/cgroup/memory.stat': `anon 5\ninactive_file ${50 * mebibyte}\n`,
  '/sys/fs/cgroup/memory.events': 'low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n',
  '/sys/fs/cgroup/cpu.max': '150000 100000\n',
  '/sys/fs/cgroup/cpu.stat': 'usage_usec 9\nnr_periods 100\nnr_throttled 7\nthrottled_usec 2500000\n',
}

/** A container of version 1 without a namespace: the path of the group is that of the host, the mount shows a part. */
const first = {
  '/proc/self/mountinfo': [
    '34 31 0:29 /kubepods/pod1/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
    '35 31 0:30 /kubepods/pod1/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct',
    '36 31 0:31 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw',
  ].join('\n'),
  '/proc/self/cgroup':
    '5:cpu,cpuacct:/kubepods/pod1/abc\n4:memory:/kubepods/pod1/abc\n0::/kubepods/pod1/abc\n',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${512 * mebibyte}\n`,
  '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${300 * mebibyte}\n`,
  '/sys/fs/cgroup/memory/memory.max_usage_in_bytes': `${400 * mebibyte}\n`,
  '/sys/fs/cgroup/memory/memory.stat': `inactive_file 1\ntotal_inactive_file ${100 * mebibyte}\n`,
  '/sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.stat': 'nr_periods 10\nnr_throttled 5\nthrottled_time 3000000000\n',
}

describe('readLimits', () => {
  it('reads version 2', () => {
    expect(read(second)).toEqual({
      memory: {
        limitBytes: 256 * mebibyte,
        usageBytes: 200 * mebibyte,
        workingSetBytes: 150 * mebibyte,
        peakBytes: 240 * mebibyte,
        oomKillCount: 1,
      },
      cpu: { limitCores: 1.5, periodCount: 100, throttledPeriodCount: 7, throttledMs: 2_500 },
    })
  })

  it('reads version 1, also beside an empty version 2', () => {
    expect(read(first)).toEqual({
      memory: {
        limitBytes: 512 * mebibyte,
        usageBytes: 300 * mebibyte,
        workingSetBytes: 200 * mebibyte,
        peakBytes: 400 * mebibyte,
        oomKillCount: 4,
      },
      cpu: { limitCores: 0.5, periodCount: 10, throttledPeriodCount: 5, throttledMs: 3_000 },
    })
  })

  it.each([
    ['max', { ...second, '/sys/fs/cgroup/memory.max': 'max\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }],
    [
      '2^63 less a page, which Node calls 2^64',
      {
        ...first,
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      },
    ],
    [
      'a limit above the memory of the machine',
      {
        ...second,
        '/sys/fs/cgroup/memory.max': String(machineMemoryBytes + 1),
        '/sys/fs/cgroup/cpu.max': 'max 100000',
      },
    ],
  ])('takes %s for no limit, and still tells the usage', (_what, files) => {
    const { memory, cpu } = read(files)
    expect(memory.limitBytes).toBeUndefined()
    expect(memory.usageBytes).toBeGreaterThan(0)
    expect(cpu.limitCores).toBeUndefined()
    expect(cpu.throttledPeriodCount).toBeGreaterThan(0)
  })

  it('takes the tightest limit above the process, with the usage of that level', () => {
    const { memory, cpu } = read({
      '/proc/self/mountinfo': '30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw',
      '/proc/self/cgroup': '0::/slice/pod/container\n',
      '/sys/fs/cgroup/slice/memory.max': String(200 * mebibyte),
      '/sys/fs/cgroup/slice/memory.current': '3',
      '/sys/fs/cgroup/slice/pod/container/memory.max': 'max',
      '/sys/fs/cgroup/slice/pod/container/memory.current': '1',
      '/sys/fs/cgroup/slice/pod/memory.max': String(100 * mebibyte),
      '/sys/fs/cgroup/slice/pod/memory.current': '2',
      '/sys/fs/cgroup/slice/pod/container/cpu.max': '200000 100000',
      '/sys/fs/cgroup/slice/pod/cpu.max': '100000 100000',
    })
    expect(memory).toMatchObject({ limitBytes: 100 * mebibyte, usageBytes: 2 })
    expect(cpu.limitCores).toBe(1)
  })

  it('reads the mount point when the path of the group lies outside of what is mounted', () => {
    const { memory } = read({ ...second, '/proc/self/cgroup': '0::/../../elsewhere\n' })
    expect(memory.limitBytes).toBe(256 * mebibyte)
  })

  it.each([
    ['outside of Linux', {}],
    ['with garbage in every file', { '/proc/self/mountinfo': 'garbage', '/proc/self/cgroup': '\u0000::::' }],
  ])('knows nothing %s, and does not throw', (_where, files) => {
    const { memory, cpu } = read(files)
    expect([...Object.values(memory), ...Object.values(cpu)].every((value) => value === undefined)).toBe(true)
  })
})

describe('createLimitReader', () => {
  it('looks for the groups once and for the figures each time', () => {
    const files: Record<string, string> = { ...second }
    const asked: string[] = []
    const readAgain = createLimitReader({
      read: (path) => {
        asked.push(path)
        return files[path]
      },
      machineMemoryBytes,
    })
    readAgain()
    files['/sys/fs/cgroup/memory.current'] = '7'
    asked.length = 0
    expect(readAgain().memory.usageBytes).toBe(7)
    expect(asked.filter((path) => path.startsWith('/proc'))).toEqual([])
  })
})

describe('systemTextReader', () => {
  it('gives nothing for what cannot be read', () => {
    expect(systemTextReader('/nowhere/at/all')).toBeUndefined()
    expect(systemTextReader('/')).toBeUndefined()
  })
})
