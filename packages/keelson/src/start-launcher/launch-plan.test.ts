import { describe, expect, it } from 'vitest'
import type { ContainerLimits } from '@keelson/core/limits'
import { type LaunchRequest, planLaunch } from './launch-plan.ts'

const mebibyte = 1_048_576

function limitsOf(limitBytes: number | undefined, limitCores: number | undefined): ContainerLimits {
  const none = undefined
  return {
    memory: { limitBytes, usageBytes: none, workingSetBytes: none, peakBytes: none, oomKillCount: none },
    cpu: { limitCores, periodCount: none, throttledPeriodCount: none, throttledMs: none },
  }
}

function plan(request: Partial<LaunchRequest>) {
  const limits = limitsOf(512 * mebibyte, 2)
  return planLaunch({ execArgv: [], argv: ['main.js'], env: {}, limits, ...request })
}

describe('planLaunch', () => {
  it('fits the heap and the thread pool to the container', () => {
    expect(plan({ env: { HOME: '/root' } })).toEqual({
      args: ['--max-old-space-size=358', 'main.js'],
      env: { HOME: '/root', UV_THREADPOOL_SIZE: '8' },
    })
  })

  it('leaves the options of Node, the program and its arguments in their order', () => {
    const { args } = plan({
      execArgv: ['--enable-source-maps'],
      argv: ['--no-warnings', 'main.js', '--set', 'a=b'],
    })
    expect(args).toEqual([
      '--max-old-space-size=358',
      '--enable-source-maps',
      '--no-warnings',
      'main.js',
      '--set',
      'a=b',
    ])
  })

  it.each([
    { argv: ['--max-old-space-size=100', 'main.js'] },
    { argv: ['--max_old_space_size=100', 'main.js'] },
    { argv: ['--max-old-space-size-percentage=50', 'main.js'] },
    { argv: ['--max-heap-size=100', 'main.js'] },
    { execArgv: ['--max-old-space-size=100'] },
    { env: { NODE_OPTIONS: '--no-warnings --max-old-space-size=100' } },
  ])('keeps a heap that the user has set: %o', (request) => {
    expect(plan(request).args.join(' ')).not.toContain('358')
  })

  it('keeps a thread pool that the user has set', () => {
    expect(plan({ env: { UV_THREADPOOL_SIZE: '64' } }).env['UV_THREADPOOL_SIZE']).toBe('64')
  })

  it("leaves Node's own choices where the container has no limit", () => {
    expect(plan({ limits: limitsOf(undefined, undefined) })).toEqual({ args: ['main.js'], env: {} })
  })

  it('is not misled by an option of the program that only looks similar', () => {
    expect(plan({ argv: ['main.js', '--max-old-space-sizes=1'] }).args[0]).toBe('--max-old-space-size=358')
  })
})
