import { subscribe } from '@keelson/core/channels'
import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, it } from 'vitest'
import { breakerTrial, complete } from '../test/breaker-trial.ts'
import { circuitBreaker } from './circuit-breaker.ts'

const { clock, changes, make, makeOpen } = breakerTrial()

const broken = () => Promise.reject(new Error('down'))

describe('circuitBreaker', () => {
  it('opens after 10 failed calls out of 20 within the window', async () => {
    const breaker = await make()
    complete(breaker, 'success', 10)
    complete(breaker, 'failure', 9)
    expect(breaker.state).toBe('closed')
    complete(breaker, 'failure')
    expect(breaker.state).toBe('open')
    expect(breaker.allow()).toBe(0)
  })

  it('stays closed below the minimum throughput, whatever fails', async () => {
    const breaker = await make()
    complete(breaker, 'failure', 19)
    expect(breaker.state).toBe('closed')
  })

  it('stays closed when failures are spread thinner than the window', async () => {
    const breaker = await make()
    for (let second = 0; second < 60; second++) {
      complete(breaker, 'failure')
      await clock.advance(1_000)
    }
    expect(breaker.state).toBe('closed')
  })

  it('counts completed calls only: those in flight weigh nothing', async () => {
    const breaker = await make()
    for (let call = 0; call < 1_000; call++) breaker.allow()
    complete(breaker, 'failure', 20)
    expect(breaker.state).toBe('open')
  })

  it('opens on a minimum throughput of failures in a row over a tenth of the window, after a thousand successes', async () => {
    const breaker = await make()
    complete(breaker, 'success', 1_000)
    complete(breaker, 'failure', 30)
    expect(breaker.state, 'connections that break in one instant are no outage').toBe('closed')
    await clock.advance(1_000)
    complete(breaker, 'failure')
    expect(breaker.state).toBe('open')
  })

  it('stays closed when one success interrupts the failures in a row', async () => {
    const breaker = await make()
    complete(breaker, 'success', 1_000)
    complete(breaker, 'failure', 30)
    complete(breaker, 'success')
    await clock.advance(1_000)
    complete(breaker, 'failure', 19)
    expect(breaker.state).toBe('closed')
  })

  it('stays closed over 10,000 neutral outcomes', async () => {
    const breaker = await make()
    complete(breaker, 'neutral', 10_000)
    expect(breaker.state).toBe('closed')
    expect(breaker.counts.callCount).toBe(0)
  })

  it('lets three probes through after the open time, and no more', async () => {
    const breaker = await makeOpen()
    await clock.advance(249)
    expect(breaker.allow()).toBe(0)
    await clock.advance(1)
    expect(breaker.state).toBe('half-open')
    expect([breaker.allow(), breaker.allow(), breaker.allow()].every((permit) => permit > 0)).toBe(true)
    expect(breaker.allow()).toBe(0)
  })

  it('closes with an empty window when all probes succeed, without a ramp', async () => {
    const breaker = await makeOpen({ rampMs: 0 })
    await clock.advance(250)
    complete(breaker, 'success', 2)
    expect(breaker.state).toBe('half-open')
    complete(breaker, 'success')
    expect(breaker.state).toBe('closed')
    expect(breaker.counts).toEqual({ callCount: 0, failureCount: 0 })
  })

  it('opens again on the first probe that fails, for twice the time, up to the longest', async () => {
    const breaker = await makeOpen()
    for (const openMs of [250, 500, 1_000, 1_000]) {
      await clock.advance(openMs - 1)
      expect(breaker.state).toBe('open')
      await clock.advance(1)
      expect(breaker.state).toBe('half-open')
      complete(breaker, 'failure')
    }
  })

  it('varies the open time by 20 % either way', async () => {
    const short = await makeOpen({ random: () => 0 })
    expect(short.retryAfterMs).toBeCloseTo(200)
    const long = await makeOpen({ random: () => 1 })
    expect(long.retryAfterMs).toBeCloseTo(300)
  })

  it('is not decided by neutral outcomes while half-open; their place goes to another probe', async () => {
    const breaker = await makeOpen({ rampMs: 0 })
    await clock.advance(250)
    complete(breaker, 'neutral', 50)
    expect(breaker.state).toBe('half-open')
    complete(breaker, 'success', 3)
    expect(breaker.state).toBe('closed')
  })

  it('ignores what calls report that were begun before it opened', async () => {
    const breaker = await make()
    const stale = [breaker.allow(), breaker.allow(), breaker.allow()]
    complete(breaker, 'failure', 20)
    await clock.advance(250)
    for (const permit of stale) breaker.report(permit, 'success')
    expect(breaker.state).toBe('half-open')
    breaker.report(stale[0] ?? 0, 'failure')
    expect(breaker.state).toBe('half-open')
  })

  it('forgets probes that never report after the length of the window', async () => {
    const breaker = await makeOpen({ rampMs: 0 })
    await clock.advance(250)
    const lost = [breaker.allow(), breaker.allow(), breaker.allow()]
    await clock.advance(9_999)
    expect(breaker.allow()).toBe(0)
    await clock.advance(1)
    complete(breaker, 'success', 2)
    breaker.report(lost[0] ?? 0, 'success')
    expect(breaker.state).toBe('half-open')
    complete(breaker, 'success')
    expect(breaker.state).toBe('closed')
  })

  it('begins its probes anew when another number of them is asked for', async () => {
    const breaker = await makeOpen({ probeCount: 3, rampMs: 0 })
    await clock.advance(250)
    complete(breaker, 'success', 2)
    breaker.update({ probeCount: 2, rampMs: 0 })
    complete(breaker, 'success')
    expect(breaker.state).toBe('half-open')
    complete(breaker, 'success')
    expect(breaker.state, 'none is waited for that nobody may give').toBe('closed')
  })

  it('publishes each change once, with the counts of the window', async () => {
    const breaker = await make({ rampMs: 0 })
    complete(breaker, 'success', 5)
    complete(breaker, 'failure', 15)
    complete(breaker, 'failure', 5)
    await clock.advance(250)
    complete(breaker, 'success', 3)
    const base = { service: 'delivery', dependency: 'catalog' }
    expect(changes).toEqual([
      { ...base, from: 'closed', to: 'open', callCount: 20, failureCount: 15 },
      { ...base, from: 'open', to: 'half-open', callCount: 20, failureCount: 15 },
      { ...base, from: 'half-open', to: 'closed', callCount: 20, failureCount: 15 },
    ])
  })

  it('goes on working when a subscriber throws', async () => {
    const end = subscribe('keelson.breaker.changed', () => {
      throw new Error('a broken listener')
    })
    const breaker = await makeOpen()
    await clock.advance(250)
    complete(breaker, 'success', 3)
    await clock.advance(1_000)
    expect(breaker.state).toBe('closed')
    end()
  })

  it('keeps two breakers apart', async () => {
    await makeOpen()
    const other = await make()
    expect(other.state).toBe('closed')
    expect(await other.run(() => Promise.resolve('other'))).toBe('other')
  })

  it('runs a call, and refuses it with a code when open', async () => {
    const breaker = await make({ minimumThroughput: 1 })
    expect(await breaker.run(() => Promise.resolve(1))).toBe(1)
    await expect(breaker.run(broken, () => 'neutral')).rejects.toThrow('down')
    expect(breaker.state).toBe('closed')
    await expect(breaker.run(broken)).rejects.toThrow('down')
    const refusal: unknown = await breaker.run(broken).catch((error: unknown) => error)
    expect(isKeelsonError(refusal, 'KEELSON_RESILIENCE_CIRCUIT_OPEN')).toBe(true)
    expect(refusal).toMatchObject({ statusCode: 503, details: { dependency: 'catalog', state: 'open' } })
  })

  it('refuses every call once closed, and leaves no timer behind', async () => {
    const breaker = await makeOpen()
    expect(clock.pendingCount).toBe(1)
    await breaker.close()
    expect(clock.pendingCount).toBe(0)
    expect(breaker.allow()).toBe(0)
  })

  it.each([
    [{ failureRatio: 0 }, 'circuitBreaker.failureRatio'],
    [{ failureRatio: 50 }, 'circuitBreaker.failureRatio'],
    [{ minimumThroughput: 1.5 }, 'circuitBreaker.minimumThroughput'],
    [{ breakMs: 5_000, maxBreakMs: 1_000 }, 'circuitBreaker.maxBreakMs'],
    [{ probeCount: 0 }, 'circuitBreaker.probeCount'],
    [{ rampMs: -1 }, 'circuitBreaker.rampMs'],
  ])('refuses %o at construction, synchronously', (options, path) => {
    expect(() => circuitBreaker({ service: 'a', dependency: 'b', ...options })).toThrow(
      expect.objectContaining({
        code: 'KEELSON_RESILIENCE_OPTIONS_INVALID',
        details: expect.objectContaining({ path }) as object,
      }) as Error,
    )
  })
})
