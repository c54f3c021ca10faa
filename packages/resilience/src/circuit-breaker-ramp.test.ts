import { describe, expect, it } from 'vitest'
import { breakerTrial, complete } from '../test/breaker-trial.ts'
import type { CircuitBreaker, CircuitBreakerOptions } from './circuit-breaker-types.ts'

const { clock, changes, make } = breakerTrial()

/** A breaker that has just been open, with all of its probes passed. */
async function makeRamping(options: Partial<CircuitBreakerOptions> = {}): Promise<CircuitBreaker> {
  const breaker = await make({ rampMs: 900, ...options })
  complete(breaker, 'failure', 20)
  await clock.advance(breaker.retryAfterMs)
  complete(breaker, 'success', 3)
  return breaker
}

/** Permits of those of some calls that are let through. */
function permitsOf(breaker: CircuitBreaker, callCount: number): readonly number[] {
  return Array.from({ length: callCount }, () => breaker.allow()).filter((permit) => permit !== 0)
}

describe('the ramp of circuitBreaker', () => {
  it('lets 10, 30, 60 and 100 % of the calls through after the probes, half-open until the last', async () => {
    const breaker = await makeRamping()
    const seen: (readonly [state: string, ratio: number, passed: number])[] = []
    breaker.allow() // the first is let through whatever the share
    for (let part = 0; part < 4; part++) {
      seen.push([breaker.state, breaker.admittedRatio, permitsOf(breaker, 100).length])
      await clock.advance(300)
    }
    // Each part begins with the one call that is let through after a pause.
    expect(seen).toEqual([
      ['half-open', 0.1, 10],
      ['half-open', 0.3, 30],
      ['half-open', 0.6, 60],
      ['closed', 1, 100],
    ])
  })

  it('publishes one change when it ends', async () => {
    const breaker = await makeRamping()
    complete(breaker, 'success', 30)
    await clock.advance(900)
    expect(changes.map(({ to }) => to)).toEqual(['open', 'half-open', 'closed'])
    expect(changes.at(-1), 'the calls of the ramp').toMatchObject({ callCount: 3, failureCount: 0 })
  })

  it('lets every call of somebody through who makes one a second', async () => {
    const breaker = await makeRamping({ rampMs: 10_000 })
    for (let second = 0; second < 10; second++) {
      expect(breaker.allow()).not.toBe(0)
      await clock.advance(1_000)
    }
    expect(breaker.state).toBe('closed')
  })

  it('endures fewer failures than the ratio of what was let through and the probes', async () => {
    const breaker = await makeRamping()
    await clock.advance(600)
    const permits = permitsOf(breaker, 20)
    permits.slice(0, 2).forEach((permit) => breaker.report(permit, 'failure'))
    expect(breaker.state, 'two of five').toBe('half-open')
    permits.slice(2, 5).forEach((permit) => breaker.report(permit, 'success'))
    permits.slice(5, 8).forEach((permit) => breaker.report(permit, 'failure'))
    expect(breaker.state, 'five of eleven').toBe('half-open')
    breaker.report(permits[8] ?? 0, 'failure')
    expect(breaker.state, 'six of twelve').toBe('open')
  })

  it('opens again for longer, and begins with probes and the lowest share after that', async () => {
    const breaker = await makeRamping()
    await clock.advance(600)
    permitsOf(breaker, 10).forEach((permit) => breaker.report(permit, 'failure'))
    expect([breaker.state, breaker.admittedRatio]).toEqual(['open', 0])
    expect(breaker.retryAfterMs).toBe(500)
    await clock.advance(400)
    expect(breaker.state, 'the end of the ramp that was broken off does not come').toBe('open')
    await clock.advance(100)
    expect([breaker.state, breaker.admittedRatio]).toEqual(['half-open', 0])
    complete(breaker, 'success', 3)
    expect(breaker.admittedRatio).toBe(0.1)
  })

  it('forgets the openings in a row only at its end', async () => {
    const breaker = await makeRamping()
    await clock.advance(900)
    complete(breaker, 'failure', 20)
    expect(breaker.retryAfterMs).toBe(250)
  })

  it('is not decided by neutral outcomes', async () => {
    const breaker = await makeRamping()
    await clock.advance(600)
    permitsOf(breaker, 100).forEach((permit) => breaker.report(permit, 'neutral'))
    expect(breaker.state).toBe('half-open')
    expect(breaker.counts.callCount).toBe(0)
    await clock.advance(300)
    expect(breaker.state).toBe('closed')
  })

  it('hears of its calls after its end: those that time out then are news', async () => {
    const breaker = await makeRamping()
    await clock.advance(600)
    const permits = permitsOf(breaker, 40)
    await clock.advance(300)
    expect(breaker.state).toBe('closed')
    permits.forEach((permit) => breaker.report(permit, 'failure'))
    expect(breaker.state).toBe('open')
  })

  it('does not hear of probes that were given up', async () => {
    const breaker = await makeRamping()
    await clock.advance(900)
    complete(breaker, 'failure', 20)
    await clock.advance(250)
    const lost = [breaker.allow(), breaker.allow()]
    await clock.advance(10_000)
    breaker.allow() // the third probe; after the length of the window all are forgotten
    await clock.advance(10_000)
    complete(breaker, 'success', 3)
    expect(breaker.admittedRatio).toBe(0.1)
    lost.forEach((permit) => breaker.report(permit, 'failure'))
    expect(breaker.counts.callCount).toBe(0)
  })

  it('says in its refusals where it is', async () => {
    const breaker = await makeRamping()
    await breaker.run(() => Promise.resolve())
    const refusal: unknown = await breaker.run(() => Promise.resolve()).catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN',
      statusCode: 503,
      details: { state: 'half-open', admittedRatio: 0.1, retryAfterMs: 0 },
    })
  })

  it('takes another length while it runs, and ends at once with none', async () => {
    const breaker = await makeRamping()
    await clock.advance(800)
    breaker.update({ rampMs: 1_800 })
    expect(breaker.admittedRatio).toBe(0.3)
    await clock.advance(900)
    expect(breaker.state).toBe('half-open')
    breaker.update({ rampMs: 0 })
    expect(breaker.admittedRatio).toBe(1)
    await clock.advance(0)
    expect(breaker.state).toBe('closed')
  })

  it('is broken off by isolation and by a reset', async () => {
    const isolated = await makeRamping()
    isolated.isolate()
    await clock.advance(900)
    expect([isolated.state, isolated.admittedRatio, isolated.allow()]).toEqual(['isolated', 0, 0])
    const reset = await makeRamping()
    reset.reset()
    expect([reset.state, reset.admittedRatio]).toEqual(['closed', 1])
    expect(permitsOf(reset, 100)).toHaveLength(100)
  })

  it('leaves no timer behind when the breaker is closed in the middle of it', async () => {
    const breaker = await makeRamping()
    expect(clock.pendingCount).toBe(1)
    await breaker.close()
    expect(clock.pendingCount).toBe(0)
  })
})
