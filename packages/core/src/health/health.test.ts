import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { subscribe, type HealthChanged } from '../channels/index.ts'
import { createHealth } from './health.ts'
import type { HealthResult } from './health-check.ts'

const up: HealthResult = { status: 'up' }

function started() {
  const clock = createFakeClock()
  const health = createHealth({ service: 'health-test', clock })
  health.markStarted()
  return { clock, health }
}

describe('createHealth', () => {
  it('is alive from the first moment, ready only when started', () => {
    const health = createHealth({ service: 'health-test', clock: createFakeClock() })
    expect(health.liveness().status).toBe('up')
    expect(health.readiness()).toEqual({ status: 'down', reasons: ['starting'] })
    expect(health.startup().status).toBe('down')
    health.markStarted()
    expect(health.readiness()).toEqual({ status: 'up', reasons: [] })
    expect(health.startup().status).toBe('up')
  })

  it('is not ready while it drains, and alive all the same', () => {
    const { health } = started()
    health.drain()
    expect(health.readiness()).toEqual({ status: 'down', reasons: ['draining'] })
    expect(health.liveness().status).toBe('up')
    health.undrain()
    expect(health.readiness().status).toBe('up')
  })

  it('is not ready while a critical check is down or unknown, and names it without the reason', async () => {
    const { clock, health } = started()
    let result: HealthResult = { status: 'down', error: new Error('password wrong') }
    health.check('disk', async () => result, { critical: true, intervalMs: 1_000 })
    expect(health.readiness().reasons).toEqual(['check disk'])
    await health.start()
    expect(JSON.stringify(health.readiness())).toBe('{"status":"down","reasons":["check disk"]}')
    result = up
    await clock.advance(1_000)
    expect(health.readiness().status).toBe('up')
    await health.close()
  })

  it('stays ready while an informative check is down', async () => {
    const { health } = started()
    health.check('search', () => Promise.reject(new Error('gone')))
    await health.start()
    expect(health.readiness().status).toBe('up')
    expect(health.checks()).toEqual([{ name: 'search', critical: false, status: 'down' }])
    await health.close()
  })

  it('runs a check by its interval, however often probes ask', async () => {
    const { clock, health } = started()
    let runs = 0
    health.check('a', async () => ((runs += 1), up), { intervalMs: 1_000 })
    await health.start()
    for (let probe = 0; probe < 10_000; probe++) health.readiness()
    await clock.advance(3_000)
    expect(runs).toBe(4)
    await health.close()
    await clock.advance(10_000)
    expect(runs).toBe(4)
    expect(clock.pendingCount).toBe(0)
  })

  it('takes a check that hangs for down at its time-out, tells it, and runs it again later', async () => {
    const { clock, health } = started()
    const signals: AbortSignal[] = []
    health.check('a', (signal) => (signals.push(signal), new Promise(() => {})), {
      critical: true,
      timeoutMs: 100,
      intervalMs: 1_000,
    })
    const starting = health.start()
    await clock.advance(100)
    await starting
    expect(health.checks()[0]?.status).toBe('down')
    expect(signals[0]?.reason).toMatchObject({ code: 'KEELSON_HEALTH_CHECK_TIMEOUT' })
    await clock.advance(1_000)
    expect(signals).toHaveLength(2)
    await health.close()
  })

  it('takes another pace, time and weight for a check while it runs', async () => {
    const { clock, health } = started()
    const runs: number[] = []
    let result: Promise<HealthResult> = Promise.resolve(up)
    health.check('a', () => (runs.push(clock.monotonic()), result), { intervalMs: 60_000 })
    await health.start()
    await clock.advance(1_000)
    health.update('a', { intervalMs: 3_000, timeoutMs: 500, critical: true })
    await clock.advance(1_999)
    expect(runs, 'the pause counts from its beginning').toEqual([0])
    await clock.advance(1)
    expect(runs).toEqual([0, 3_000])
    result = new Promise(() => {})
    await clock.advance(3_499)
    expect(health.readiness().status).toBe('up')
    await clock.advance(1)
    expect(health.readiness(), 'critical from now on').toEqual({ status: 'down', reasons: ['check a'] })
    const changes: string[] = []
    const end = health.watch(() => changes.push(health.readiness().status))
    health.update('a', { intervalMs: 100 })
    expect(changes, 'probes are told at once').toEqual(['down', 'up'])
    await clock.advance(100)
    expect(runs).toEqual([0, 3_000, 6_000, 6_600])
    end()
    result = Promise.resolve(up)
    await clock.advance(4_000)
    await health.close()
    health.update('a', { intervalMs: 200 })
    expect(clock.pendingCount, 'a closed one stays closed').toBe(0)
  })

  it('refuses to change a check that there is not, and to what it cannot be', () => {
    const { health } = started()
    health.check('a', async () => up)
    for (const change of [
      () => health.update('b', {}),
      () => health.update('a', { intervalMs: 1 }),
      () => health.update('a', { timeoutMs: 100_000 }),
    ]) {
      expect(change).toThrow(expect.objectContaining({ code: 'KEELSON_HEALTH_OPTIONS_INVALID' }))
    }
  })

  it('publishes each change of a check once', async () => {
    const facts: HealthChanged[] = []
    const unsubscribe = subscribe('keelson.health.changed', (fact) => facts.push(fact))
    const { clock, health } = started()
    let result: HealthResult = up
    health.check('a', async () => result, { intervalMs: 1_000 })
    await health.start()
    await clock.advance(1_000)
    result = { status: 'down' }
    await clock.advance(2_000)
    expect(facts.map((fact) => fact.status)).toEqual(['up', 'down'])
    unsubscribe()
    await health.close()
  })

  it.each([{ intervalMs: 0 }, { timeoutMs: 100_000 }, { critcal: true }])(
    'refuses the options %j',
    (options) => {
      const { health } = started()
      expect(() => health.check('a', async () => up, options)).toThrow(
        expect.objectContaining({ code: 'KEELSON_HEALTH_OPTIONS_INVALID' }),
      )
    },
  )

  it('refuses a second check of one name', () => {
    const { health } = started()
    health.check('a', async () => up)
    expect(() => health.check('a', async () => up)).toThrow(
      expect.objectContaining({ code: 'KEELSON_HEALTH_OPTIONS_INVALID' }),
    )
  })
})
