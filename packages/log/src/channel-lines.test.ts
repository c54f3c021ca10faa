import { channel } from '@keelson/core/channels'
import { checkGelfLine } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'

function capture() {
  const lines: string[] = []
  const log = createLog({ service: 'demo', destination: { write: (line) => void lines.push(line) } })
  return { log, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') }
}

const breaker = { dependency: 'catalog', from: 'closed', to: 'open', callCount: 10, failureCount: 6 } as const

describe('adoptChannels', () => {
  test('writes a line for every fact worth one', () => {
    const { log, lines, last } = capture()
    const end = log.adoptChannels()

    channel('keelson.breaker.changed').publish({ service: 'demo', ...breaker })
    expect(last()).toMatchObject({
      level: 4,
      short_message: 'circuit of catalog is open: 6 of 10 calls failed',
      _dependency: 'catalog',
      _breaker_from: 'closed',
      _breaker_to: 'open',
      _call_count: 10,
      _failure_count: 6,
    })
    const lineCount = lines.length
    channel('keelson.breaker.changed').publish({ service: 'demo', ...breaker, to: 'isolated' })
    expect(lines, 'the fact of the force has the line').toHaveLength(lineCount)
    const forced = { service: 'demo', dependency: 'catalog' } as const
    channel('keelson.breaker.forced').publish({ ...forced, forced: 'open', forMs: 60_000 })
    expect(last()).toMatchObject({
      level: 4,
      short_message: 'circuit of catalog is forced open for 60 s: every call is refused',
      _breaker_forced: 'open',
      _for_ms: 60_000,
    })
    channel('keelson.breaker.forced').publish({ ...forced, operation: 'payments', forced: 'closed' })
    expect(last()).toMatchObject({
      level: 4,
      short_message:
        'circuit of catalog, operation payments, is forced closed until it is released: no call is refused, whatever fails',
    })
    channel('keelson.breaker.forced').publish({ ...forced, forced: 'none', expired: true })
    expect(last()).toMatchObject({
      level: 4,
      short_message: 'circuit breaker of catalog decides by itself again: the time is up',
    })
    channel('keelson.breaker.changed').publish({ service: 'demo', ...breaker, from: 'open', to: 'half-open' })
    expect(last()).toMatchObject({ level: 6, short_message: 'circuit of catalog is half-open' })

    const health = { service: 'demo', check: 'db', critical: true } as const
    channel('keelson.health.changed').publish({ ...health, status: 'down', error: new Error('refused') })
    expect(last()).toMatchObject({ level: 4, _check: 'db', _check_status: 'down', _error_message: 'refused' })
    channel('keelson.health.changed').publish({ ...health, status: 'up' })
    expect(last()).toMatchObject({ level: 6, short_message: 'health check db is up' })

    channel('keelson.config.applied').publish({
      service: 'demo',
      revision: 2,
      hash: 'ab',
      changedKeys: ['a', 'b.c'],
    })
    expect(last()).toMatchObject({
      level: 6,
      short_message: 'configuration 2 is in force: a, b.c',
      _config_hash: 'ab',
    })
    channel('keelson.config.rejected').publish({ service: 'demo', faults: ['a is 7.', 'b is missing.'] })
    expect(last()).toMatchObject({ level: 3, _fault_count: 2 })
    expect(last()['short_message']).toContain('a is 7. b is missing.')
    channel('keelson.config.source').publish({ service: 'demo', source: 'etcd', up: false })
    expect(last()).toMatchObject({ level: 4, _config_source: 'etcd', _up: 'false' })
    channel('keelson.config.warned').publish({ service: 'demo', warning: 'a is pending.' })
    expect(last()).toMatchObject({ level: 4, short_message: 'a is pending.' })
    channel('keelson.config.source').publish({ service: 'demo', source: 'etcd', up: true })
    expect(last()).toMatchObject({ level: 6 })

    channel('keelson.lifecycle.changed').publish({ service: 'demo', phase: 'draining', reason: 'SIGTERM' })
    expect(last()).toMatchObject({ level: 6, short_message: 'service draining: SIGTERM', _phase: 'draining' })

    const metrics = { service: 'demo', subject: 'seen_total' } as const
    channel('keelson.metrics.problem').publish({ ...metrics, problem: 'overflow' })
    expect(last()).toMatchObject({ level: 4, _metrics_problem: 'overflow', _subject: 'seen_total' })
    channel('keelson.metrics.problem').publish({ ...metrics, problem: 'collect', error: new Error('broken') })
    expect(last()).toMatchObject({ level: 4, _error_message: 'broken' })
    channel('keelson.metrics.problem').publish({ ...metrics, problem: 'adopted', subject: 'prom-client' })
    expect(last()).toMatchObject({
      level: 6,
      short_message: 'metrics that other code counts in prom-client are shown too',
    })

    expect(lines).toHaveLength(16)
    expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
    end()
  })

  test('writes no facts of another service in the process', () => {
    const { log, lines } = capture()
    const end = log.adoptChannels()
    channel('keelson.breaker.changed').publish({ service: 'other', ...breaker })
    end()
    expect(lines).toEqual([])
  })

  test('ends when told to, and with the log', async () => {
    const { log, lines } = capture()
    log.adoptChannels()()
    channel('keelson.breaker.changed').publish({ service: 'demo', ...breaker })
    log.adoptChannels()
    await log.close()
    channel('keelson.breaker.changed').publish({ service: 'demo', ...breaker })
    expect(lines).toEqual([])
  })
})
