import { describe, expect, it } from 'vitest'
import {
  cores,
  parseAmount,
  parseAmounts,
  parseCpuMax,
  parseMountInfo,
  parseProcessCgroups,
} from './cgroup-parsers.ts'

describe('parseMountInfo', () => {
  it('finds both versions of control groups, with the part of the hierarchy that is mounted', () => {
    const text = [
      '25 30 0:23 / /sys rw,nosuid shared:7 - sysfs sysfs rw',
      '34 31 0:29 /docker/abc /sys/fs/cgroup/memory ro,nosuid master:11 - cgroup cgroup rw,memory',
      '36 31 0:31 / /sys/fs/cgroup/with\\040blank rw - cgroup2 cgroup2 rw,nsdelegate',
      'not a line of it',
      '',
    ].join('\n')
    expect(parseMountInfo(text)).toEqual([
      {
        type: 'cgroup',
        root: '/docker/abc',
        mountPoint: '/sys/fs/cgroup/memory',
        options: ['rw', 'memory'],
      },
      { type: 'cgroup2', root: '/', mountPoint: '/sys/fs/cgroup/with blank', options: ['rw', 'nsdelegate'] },
    ])
  })
})

describe('parseProcessCgroups', () => {
  it('gives the path of each controller, of version 2 under the empty name', () => {
    const text = '5:cpu,cpuacct:/a\n4:memory:/b:with:colons\n0::/c\n\ngarbage'
    expect([...parseProcessCgroups(text)]).toEqual([
      ['cpu', '/a'],
      ['cpuacct', '/a'],
      ['memory', '/b:with:colons'],
      ['', '/c'],
    ])
  })
})

describe('parseAmount', () => {
  it.each([
    ['268435456\n', 268_435_456],
    ['0', 0],
    ['max\n', undefined],
    ['-1\n', undefined],
    ['12 13', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (text, amount) => {
    expect(parseAmount(text)).toBe(amount)
  })
})

describe('parseAmounts', () => {
  it('reads names and numbers and passes everything else over', () => {
    const amounts = parseAmounts('oom_kill 3\ninactive_file 4096\nno number\nlow max\n\n')
    expect([...amounts]).toEqual([
      ['oom_kill', 3],
      ['inactive_file', 4096],
    ])
  })
})

describe('parseCpuMax', () => {
  it.each([
    ['50000 100000\n', 0.5],
    ['250000 50000', 5],
    ['max 100000\n', undefined],
    ['150000', 1.5],
    ['', undefined],
    [undefined, undefined],
    ['50000 0', undefined],
  ])('reads %j as %j cores', (text, expected) => {
    expect(parseCpuMax(text)).toBe(expected)
  })
})

describe('cores', () => {
  it('takes no quota for no limit', () => {
    expect(cores(undefined, 100_000)).toBeUndefined()
    expect(cores(0, 100_000)).toBeUndefined()
  })
})
