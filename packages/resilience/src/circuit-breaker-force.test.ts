import { describe, expect, it } from 'vitest'
import { breakerTrial, complete, names } from '../test/breaker-trial.ts'

const { clock, changes, forces, make, makeOpen } = breakerTrial()

const transitions = () => changes.map(({ from, to }) => `${from} → ${to}`)

describe('isolate', () => {
  it('refuses every call until it is released; then the circuit is closed, its window empty', async () => {
    const breaker = await make()
    complete(breaker, 'failure', 19)
    breaker.isolate()
    await clock.advance(3_600_000)
    expect([breaker.state, breaker.forced, breaker.allow()]).toEqual(['isolated', 'open', 0])
    breaker.release()
    expect([breaker.state, breaker.forced]).toEqual(['closed', undefined])
    complete(breaker, 'failure', 19)
    expect(breaker.state).toBe('closed')
    expect(forces).toEqual([
      { ...names, forced: 'open', forMs: undefined },
      { ...names, forced: 'none', expired: false },
    ])
  })

  it('ends by itself when its time is up, and says so', async () => {
    const breaker = await make({ operation: 'payments' })
    breaker.isolate({ forMs: 5_000 })
    await clock.advance(4_999)
    expect(breaker.state).toBe('isolated')
    await clock.advance(1)
    expect([breaker.state, breaker.forced]).toEqual(['closed', undefined])
    expect(transitions()).toEqual(['closed → isolated', 'isolated → closed'])
    expect(forces).toEqual([
      { ...names, operation: 'payments', forced: 'open', forMs: 5_000 },
      { ...names, operation: 'payments', forced: 'none', expired: true },
    ])
  })

  it('outlasts the open time of a circuit that was open before', async () => {
    const breaker = await makeOpen()
    breaker.isolate({ forMs: 60_000 })
    await clock.advance(59_999)
    expect(breaker.state).toBe('isolated')
  })

  it('takes another time when it is asked for again, shorter or longer', async () => {
    const breaker = await make()
    breaker.isolate({ forMs: 1_000 })
    breaker.isolate({ forMs: 5_000 })
    await clock.advance(4_999)
    expect(breaker.state).toBe('isolated')
    breaker.isolate()
    await clock.advance(60_000)
    expect(breaker.state, 'without a time: until it is released').toBe('isolated')
    breaker.isolate({ forMs: 10 })
    await clock.advance(10)
    expect(breaker.state).toBe('closed')
    expect(transitions()).toEqual(['closed → isolated', 'isolated → closed'])
  })
})

describe('holdClosed', () => {
  it('keeps the circuit closed whatever fails, and counts on', async () => {
    const breaker = await make()
    breaker.holdClosed({ forMs: 60_000 })
    for (let second = 0; second < 5; second++) {
      complete(breaker, 'failure', 100)
      await clock.advance(1_000)
    }
    expect([breaker.state, breaker.forced, breaker.admittedRatio]).toEqual(['closed', 'closed', 1])
    expect(breaker.counts).toEqual({ callCount: 500, failureCount: 500 })
    expect(changes).toEqual([])
  })

  it('ends by itself; the next failure is judged by all that was seen meanwhile', async () => {
    const breaker = await make()
    breaker.holdClosed({ forMs: 5_000 })
    complete(breaker, 'failure', 100)
    await clock.advance(5_000)
    expect([breaker.state, breaker.forced]).toEqual(['closed', undefined])
    complete(breaker, 'failure')
    expect(breaker.state).toBe('open')
    expect(forces).toEqual([
      { ...names, forced: 'closed', forMs: 5_000 },
      { ...names, forced: 'none', expired: true },
    ])
  })

  it('lets all calls through at once that an open circuit refused, or a half-open one', async () => {
    const open = await makeOpen()
    open.holdClosed()
    expect(open.allow()).toBeGreaterThan(0)
    await clock.advance(10_000)
    expect(open.state, 'the end of its open time is forgotten').toBe('closed')

    const halfOpen = await makeOpen()
    await clock.advance(250)
    halfOpen.holdClosed()
    expect(Array.from({ length: 20 }, () => halfOpen.allow())).not.toContain(0)
  })

  it('opens for the first open time after it, however often the circuit had opened before', async () => {
    const breaker = await makeOpen()
    await clock.advance(250)
    complete(breaker, 'failure')
    expect(breaker.retryAfterMs).toBe(500)
    breaker.holdClosed({ forMs: 100 })
    await clock.advance(100)
    complete(breaker, 'failure', 20)
    expect(breaker.retryAfterMs).toBe(250)
  })

  it('and isolation take the place of each other, with the time of the latter', async () => {
    const breaker = await make()
    breaker.isolate({ forMs: 1_000 })
    breaker.holdClosed({ forMs: 5_000 })
    await clock.advance(1_500)
    expect([breaker.state, breaker.forced]).toEqual(['closed', 'closed'])
    breaker.isolate({ forMs: 60_000 })
    await clock.advance(50_000)
    expect([breaker.state, breaker.forced]).toEqual(['isolated', 'open'])
    expect(forces.map(({ forced }) => forced)).toEqual(['open', 'closed', 'open'])
  })
})

describe('release', () => {
  it('does nothing while the breaker decides itself', async () => {
    const breaker = await makeOpen()
    breaker.release()
    expect(breaker.state).toBe('open')
    expect(forces).toEqual([])
  })

  it('ends a hold at once', async () => {
    const breaker = await make()
    breaker.holdClosed({ forMs: 60_000 })
    breaker.release()
    complete(breaker, 'failure', 20)
    expect(breaker.state).toBe('open')
    await clock.advance(60_000)
    expect(forces.slice(1), 'one end, and none when its time would have been up').toEqual([
      { ...names, forced: 'none', expired: false },
    ])
  })
})

describe('a breaker that is forced', () => {
  it('is given back to itself by a reset, with an empty window', async () => {
    const isolated = await make()
    isolated.isolate()
    isolated.reset()
    expect([isolated.state, isolated.forced]).toEqual(['closed', undefined])
    const held = await make()
    held.holdClosed()
    held.reset()
    expect(held.forced).toBeUndefined()
  })

  it.each([0, -1, 3_600_001, Number.NaN])('is not, for %d ms', async (forMs) => {
    const breaker = await make()
    for (const force of [() => breaker.isolate({ forMs }), () => breaker.holdClosed({ forMs })]) {
      expect(force).toThrow(expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }) as Error)
    }
    expect([breaker.state, breaker.forced, forces.length]).toEqual(['closed', undefined, 0])
  })

  it('leaves no timer behind when it is closed, and is not forced after that', async () => {
    const breaker = await make()
    breaker.isolate({ forMs: 60_000 })
    expect(clock.pendingCount).toBe(1)
    await breaker.close()
    expect(clock.pendingCount).toBe(0)
    breaker.holdClosed({ forMs: 60_000 })
    expect([clock.pendingCount, breaker.allow()]).toEqual([0, 0])
  })
})
