// What the bench reads: the output of other programs and of the kernel, recorded from real runs.
import { describe, expect, it } from 'vitest'
import { parseInstructionCount } from '../../bench/src/cachegrind-output.ts'
import { parseCoreList } from '../../bench/src/cores.ts'
import { areaOf, areaTimes, selfTimes, type ProfileNode } from '../../bench/src/cpu-profile.ts'
import { describeDisturbance } from '../../bench/src/machine.ts'
import { parsePerf } from '../../bench/src/perf-output.ts'
import { parseCpuMs, parseRssBytes } from '../../bench/src/process-usage.ts'
import { renderTable } from '../../bench/src/table.ts'
import { parseWrk } from '../../bench/src/wrk-output.ts'

const wrkOutput = `Running 1s test @ http://127.0.0.1:18999/
  1 threads and 4 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   155.77us  725.76us  11.20ms   96.41%
    Req/Sec   115.68k    28.58k  144.05k    81.82%
  Latency Distribution
     50%   30.00us
     75%   34.00us
     90%   60.00us
     99%    3.73ms
  125972 requests in 1.10s, 14.78MB read
Requests/sec: 114544.58
Transfer/sec:     13.44MB
`

describe('parseWrk', () => {
  it('reads requests, rate and the 99th percentile', () => {
    expect(parseWrk(wrkOutput)).toEqual({ requestCount: 125_972, requestsPerSecond: 114_544.58, p99Ms: 3.73 })
  })

  it.each([
    ['730.00us', 0.73],
    ['1.25s ', 1250],
    ['2.00m ', 120_000],
  ])('knows that a latency of %s is %d ms', (text, ms) => {
    expect(parseWrk(wrkOutput.replace('3.73ms', text)).p99Ms).toBeCloseTo(ms, 6)
  })

  it('refuses a run in which requests were shed', () => {
    const shed = wrkOutput.replace('Requests/sec', '  Non-2xx or 3xx responses: 12\nRequests/sec')
    expect(() => parseWrk(shed)).toThrow('Non-2xx or 3xx responses: 12')
  })

  it('refuses a run in which connections broke', () => {
    const broken = wrkOutput.replace(
      'Requests/sec',
      '  Socket errors: connect 0, read 32, write 4, timeout 0\nRequests/sec',
    )
    expect(() => parseWrk(broken)).toThrow('read 32')
  })

  it('says what is missing in the output of another program', () => {
    expect(() => parseWrk('wrk: command not found')).toThrow('99th percentile')
  })
})

describe('parseInstructionCount', () => {
  it('reads the count among the other lines of valgrind', () => {
    const log = [
      '==14819== Cachegrind, a cache and branch-prediction profiler',
      '--14819-- warning: L3 cache found, using its data for the LL simulation.',
      '==14819== ',
      '==14819== I   refs:      1,105,490,252',
      '',
    ]
    expect(parseInstructionCount(log.join('\n'))).toBe(1_105_490_252)
  })

  it('refuses the log of a process that was killed before it was counted', () => {
    expect(() => parseInstructionCount('==7== Cachegrind, a cache and branch-prediction profiler\n')).toThrow(
      'did not count',
    )
  })
})

describe('parsePerf', () => {
  it('reads user space and kernel', () => {
    const output =
      '# started on Sun Nov 22 14:39:02 2026\n\n1162440000,,instructions:u,3213,100.00,,\n372880000,,instructions:k,3213,100.00,,\n'
    expect(parsePerf(output)).toEqual({ user: 1_162_440_000, kernel: 372_880_000 })
  })

  it('refuses a machine without counters', () => {
    const output = '<not supported>,,instructions:u,0,100.00,,\n<not supported>,,instructions:k,0,100.00,,\n'
    expect(() => parsePerf(output)).toThrow('instructions:u')
  })
})

describe('figures of the kernel', () => {
  it('takes the time of a thread on a processor from nanoseconds', () => {
    expect(parseCpuMs('1041817569 40170960 8232\n')).toBeCloseTo(1041.817569, 6)
  })

  it('takes resident memory from kibibytes', () => {
    expect(parseRssBytes('Name:\tnode\nVmPeak:\t 900000 kB\nVmRSS:\t   80036 kB\n')).toBe(80_036 * 1024)
  })

  it.each([
    ['0-1', [0, 1]],
    ['0', [0]],
    ['2-4,8', [2, 3, 4, 8]],
  ])('reads the list of cores %s', (list, cores) => {
    expect(parseCoreList(`Cpus_allowed:\t3\nCpus_allowed_list:\t${list}\n`)).toEqual(cores)
  })
})

describe('selfTimes', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)', '') },
      { id: 2, callFrame: frame('format', 'file:///r/packages/log/dist/line.js', 8) },
      { id: 3, callFrame: frame('format', 'file:///r/packages/log/dist/line.js', 8) },
      { id: 4, callFrame: frame('', 'file:///r/node_modules/pino/lib/tools.js', 1) },
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [900, 10, 20, 5],
  }

  it('adds up a function over all of its callers and leaves idle time out', () => {
    expect(selfTimes(profile)).toEqual([
      {
        functionName: 'format',
        place: 'packages/log/dist/line.js:9',
        area: 'packages/log',
        microseconds: 30,
      },
      { functionName: '(anonymous)', place: 'pino/lib/tools.js:2', area: 'pino', microseconds: 5 },
    ])
  })

  it('is summed by area', () => {
    expect(areaTimes(selfTimes(profile))).toEqual([
      ['packages/log', 30],
      ['pino', 5],
    ])
  })

  it.each([
    ['writeUtf8String', '', '(native code)'],
    ['(garbage collector)', '', '(garbage collector)'],
    ['nextTick', 'node:internal/process/task_queues', 'node:internal/process/task_queues'],
    ['use', 'file:///r/node_modules/@fastify/under-pressure/index.js', '@fastify/under-pressure'],
    ['use', '/r/node_modules/a/node_modules/b/index.js', 'b'],
  ])('knows where %s of %s belongs', (functionName, url, area) => {
    expect(areaOf(functionName, url)).toBe(area)
  })
})

describe('describeDisturbance', () => {
  it('is silent on a quiet machine', () => {
    expect(describeDisturbance(0.15, 2)).toBeUndefined()
  })

  it('says what not to believe when other work took part', () => {
    expect(describeDisturbance(13.46, 2)).toContain('load 13.5 on 2 cores')
  })
})

describe('renderTable', () => {
  const table = { title: 'A', header: ['stack', 'ratio'], rows: [['keelson', '1.4']] }

  it('aligns figures to the right for a terminal', () => {
    expect(renderTable(table, false)).toBe('A\n\nstack     ratio\nkeelson     1.4')
  })

  it('writes Markdown that a page can take over', () => {
    expect(renderTable(table, true)).toBe(
      '**A**\n\n| stack   | ratio |\n| ------- | ----: |\n| keelson |   1.4 |',
    )
  })
})

function frame(functionName: string, url: string, lineNumber = 0): ProfileNode['callFrame'] {
  return { functionName, url, lineNumber }
}
