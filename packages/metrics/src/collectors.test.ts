import { describe, expect, test } from 'vitest'
import { isKeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { collectDeadlineMs, createCollectorRunner } from './collectors.ts'

function setup() {
  const clock = createFakeClock()
  const failures: [string, unknown][] = []
  const runner = createCollectorRunner(clock, (collector, error) => failures.push([collector, error]))
  return { clock, failures, runner }
}

describe('createCollectorRunner', () => {
  test('gives what a collector returns, now or later', async () => {
    const { runner, failures, clock } = setup()
    expect(await runner.run('now', () => 1)).toBe(1)
    expect(await runner.run('later', async () => 2)).toBe(2)
    expect(failures).toEqual([])
    expect(clock.pendingCount).toBe(0)
  })

  test('takes a collector that throws or rejects for failed and goes on', async () => {
    const { runner, failures } = setup()
    const broken = new Error('broken')
    const thrown = runner.run('throws', () => {
      throw broken
    })
    expect(await thrown).toBeUndefined()
    expect(await runner.run('rejects', () => Promise.reject(broken))).toBeUndefined()
    expect(failures).toEqual([
      ['throws', broken],
      ['rejects', broken],
    ])
  })

  test('gives a collector that hangs up at its deadline', async () => {
    const { runner, failures, clock } = setup()
    const run = runner.run('hangs', () => new Promise<number>(() => {}))
    await clock.advance(collectDeadlineMs)
    expect(await run).toBeUndefined()
    expect(failures).toHaveLength(1)
    expect(isKeelsonError(failures[0]?.[1], 'KEELSON_METRICS_COLLECT_TIMEOUT')).toBe(true)
  })

  test('joins a run that is under way instead of starting another', async () => {
    const { runner, clock, failures } = setup()
    let starts = 0
    let slow = Promise.withResolvers<number>()
    const collect = () => {
      starts++
      slow = Promise.withResolvers<number>()
      return slow.promise
    }
    const first = runner.run('slow', collect)
    await clock.advance(collectDeadlineMs)
    expect(await first).toBeUndefined()
    const second = runner.run('slow', collect)
    slow.resolve(7)
    expect(await second).toBe(7)
    expect(starts).toBe(1)
    expect(failures).toHaveLength(1)
    const third = runner.run('slow', collect)
    slow.resolve(8)
    expect(await third).toBe(8)
    expect(starts).toBe(2)
  })
})
