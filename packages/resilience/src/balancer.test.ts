import { type EndpointChanged, subscribe } from '@keelson/core/channels'
import { createFakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type BalancerOptions, createBalancer, type PickLimits } from './balancer.ts'
import type { Classification } from './classification.ts'

const success: Classification = { breaker: 'success', retry: 'never', outcome: 'success' }
const failure: Classification = { breaker: 'failure', retry: 'idempotent', outcome: 'failure' }
const refusal: Classification = { breaker: 'neutral', retry: 'never', outcome: 'rejected' }
const cancelled: Classification = { breaker: 'neutral', retry: 'never', outcome: 'cancelled' }

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A sequence of numbers that looks random and is the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function setup(keys: readonly string[], options: Partial<BalancerOptions> = {}) {
  const clock = createFakeClock()
  const facts: EndpointChanged[] = []
  ends.push(subscribe('keelson.endpoint.changed', (fact) => facts.push(fact)))
  const balancer = createBalancer({
    service: 'delivery',
    dependency: 'catalog',
    clock,
    random: seeded(1),
    ...options,
  })
  balancer.update(keys)
  facts.length = 0
  /** Makes calls that end at once, as `endOf` says; counts them by endpoint. */
  const call = (
    count: number,
    endOf: (key: string) => readonly [Classification, number],
    limits?: PickLimits,
  ): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (let index = 0; index < count; index++) {
      const lease = balancer.pick({ repeatable: true, ...limits })
      if (lease === undefined) continue
      counts[lease.key] = (counts[lease.key] ?? 0) + 1
      lease.end(...endOf(lease.key))
    }
    return counts
  }
  const conditions = () => Object.fromEntries(balancer.state().map(({ key, condition }) => [key, condition]))
  return { clock, facts, balancer, call, conditions }
}

const slowA = (key: string) => [success, key === 'a' ? 200 : 10] as const
const failingA = (key: string) => [key === 'a' ? failure : success, 10] as const
const always =
  (end: Classification, durationMs = 10) =>
  () =>
    [end, durationMs] as const

describe('createBalancer', () => {
  it('spreads calls evenly over endpoints that are equally fast', () => {
    const counts = setup(['a', 'b', 'c']).call(3_000, always(success))
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(900)
  })

  it('gives nothing without endpoints', () => {
    expect(setup([]).balancer.pick()).toBeUndefined()
  })

  it('sends less to an endpoint that is slower, and tries it again later', async () => {
    const { clock, call } = setup(['a', 'b', 'c'])
    call(30, slowA)
    expect(call(300, slowA)['a'] ?? 0).toBeLessThan(15)
    await clock.advance(60_000)
    expect(call(30, slowA)['a']).toBeGreaterThan(0)
  })

  it('sends less to an endpoint that has more in flight', () => {
    const { balancer } = setup(['a', 'b'])
    const leases = Array.from({ length: 20 }, () => balancer.pick())
    expect(leases.filter((lease) => lease?.key === 'a')).toHaveLength(10)
  })

  it('sends hardly anything to an endpoint that refuses at once, and does not eject it', () => {
    const { call, conditions } = setup(['a', 'b', 'c'])
    const counts = call(300, (key) => (key === 'a' ? [refusal, 1] : [success, 10]))
    expect(counts['a']).toBeLessThan(15)
    expect(conditions()['a']).toBe('up')
  })

  it('takes an endpoint that the call was at only when there is no other', () => {
    const { call } = setup(['a', 'b'])
    expect(call(100, always(success), { tried: ['a'] })).toEqual({ b: 100 })
    const counts = call(100, always(success), { tried: ['a', 'b'] })
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(100)
  })

  it('ejects an endpoint after 5 failures in a row', () => {
    const { call, conditions, facts } = setup(['a', 'b', 'c'])
    const onlyA = { tried: ['b', 'c'] }
    call(4, always(failure), onlyA)
    call(1, always(success), onlyA)
    call(4, always(failure), onlyA)
    expect(conditions()['a']).toBe('up')
    call(1, always(failure), onlyA)
    expect(conditions()).toEqual({ a: 'ejected', b: 'up', c: 'up' })
    expect(facts).toEqual([
      {
        service: 'delivery',
        dependency: 'catalog',
        endpoint: 'a',
        change: 'ejected',
        reason: 'consecutive',
        upCount: 2,
        ejectedCount: 1,
      },
    ])
    expect(call(100, always(success))).not.toHaveProperty('a')
  })

  it('ejects an endpoint of which more than half of 20 calls failed', () => {
    const { call, conditions, facts } = setup(['a', 'b', 'c'])
    const onlyA = { tried: ['b', 'c'] }
    for (let pair = 0; pair < 9; pair++) {
      call(1, always(success), onlyA)
      call(1, always(failure), onlyA)
    }
    call(1, always(failure), onlyA)
    expect(conditions()['a']).toBe('up')
    call(1, always(failure), onlyA)
    expect(conditions()['a']).toBe('ejected')
    expect(facts).toMatchObject([{ reason: 'ratio' }])
  })

  it('ejects a third of the endpoints at most, rounded up, and never all', () => {
    for (const [count, most] of [
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
    ] as const) {
      const keys = ['a', 'b', 'c', 'd', 'e'].slice(0, count)
      const { call, conditions } = setup(keys)
      for (const bad of keys.slice(0, -1)) {
        call(5, always(failure), { tried: keys.filter((key) => key !== bad) })
      }
      expect(Object.values(conditions()).filter((each) => each === 'ejected')).toHaveLength(most)
    }
  })

  it('ejects all but one when it is allowed to eject all', () => {
    const { call, conditions } = setup(['a', 'b', 'c'], { maxEjectedRatio: 1 })
    call(5, always(failure), { tried: ['b', 'c'] })
    call(5, always(failure), { tried: ['a', 'c'] })
    expect(Object.values(conditions()).filter((each) => each === 'ejected')).toHaveLength(2)
  })

  it('ejects none while all of them fail: each would be missing when they come back together', () => {
    const { call, conditions } = setup(['a', 'b', 'c'])
    call(500, always(failure))
    expect(new Set(Object.values(conditions()))).toEqual(new Set(['up']))
    // Once one of them does well, the others are worse.
    call(1, always(success), { tried: ['a', 'b'] })
    call(1, always(failure), { tried: ['b', 'c'] })
    expect(conditions()).toMatchObject({ a: 'ejected', b: 'up', c: 'up' })
  })

  it('takes one in again whose probe fails as everything else does', async () => {
    const { clock, call, conditions } = setup(['a', 'b', 'c'])
    call(5, always(failure), { tried: ['b', 'c'] })
    expect(conditions()['a']).toBe('ejected')
    call(50, always(failure), { tried: ['a'] })
    await clock.advance(5_500)
    call(1, always(failure), { repeatable: true })
    expect(conditions()['a']).toBe('warming')
  })

  it('ejects none of several ways to one address', () => {
    const { balancer, call, conditions } = setup([])
    balancer.update(['a#1', 'a#2', 'a#3'], false)
    call(100, always(failure))
    expect(new Set(Object.values(conditions()))).toEqual(new Set(['up']))
  })

  it('brings an endpoint back by one call, and lets its share grow over 10 s', async () => {
    const { clock, balancer, call, conditions, facts } = setup(['a', 'b', 'c'])
    call(5, always(failure), { tried: ['b', 'c'] })
    await clock.advance(5_500)
    expect(conditions()['a']).toBe('probing')
    const probe = balancer.pick({ repeatable: true })
    expect(probe?.key).toBe('a')
    expect(call(50, always(success)), 'no second call while the first is under way').not.toHaveProperty('a')
    probe?.end(success, 10)
    expect(conditions()['a']).toBe('warming')
    expect(facts.at(-1)).toMatchObject({ endpoint: 'a', change: 'restored', upCount: 3, ejectedCount: 0 })
    const early = call(300, always(success))['a'] ?? 0
    expect(early).toBeGreaterThan(0)
    expect(early).toBeLessThan(60)
    await clock.advance(10_000)
    expect(conditions()['a']).toBe('up')
    expect(call(300, always(success))['a']).toBeGreaterThan(70)
  })

  it('brings an endpoint back by an answer that has begun, and counts the end of it like any other', async () => {
    const { clock, call, facts, balancer, conditions } = setup(['a', 'b', 'c'], { random: () => 0 })
    const eject = () => call(5, () => [failure, 5], { tried: ['b', 'c'] })
    call(2, () => [success, 5], { tried: ['a'] })
    eject()
    expect(balancer.pick({ repeatable: true })?.answered, 'an ordinary call decides nothing').toBeUndefined()
    await clock.advance(5_000)
    const stream = balancer.pick({ repeatable: true })
    expect(conditions()['a']).toBe('probing')
    stream?.answered?.()
    expect(conditions()['a']).toBe('warming')
    stream?.answered?.()
    expect(facts.map(({ change }) => change)).toEqual(['ejected', 'restored'])

    // It is ejected once more and tried by another call while the stream goes on.
    eject()
    await clock.advance(10_000)
    const second = balancer.pick({ repeatable: true })
    expect(second?.key).toBe('a')
    stream?.end(failure, 60_000)
    expect(conditions()['a'], 'the end of the first says nothing of the second').toBe('probing')
    expect(balancer.pick({ repeatable: true })?.key, 'which is still the only one').not.toBe('a')
    second?.end(success, 5)
    expect(conditions()['a']).toBe('warming')
  })

  it('ejects an endpoint that fails its return for longer each time, up to a minute', async () => {
    const { clock, call, conditions, facts } = setup(['a', 'b', 'c'])
    call(5, failingA, { tried: ['b', 'c'] })
    for (const secondCount of [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 60]) {
      await clock.advance(secondCount * 900 - 1)
      expect(conditions()['a']).toBe('ejected')
      await clock.advance(secondCount * 200 + 1)
      expect(call(10, failingA)['a']).toBe(1)
    }
    expect(facts.at(-1)).toMatchObject({ change: 'ejected', reason: 'probe' })
  })

  it('begins again with 5 s for an endpoint that was well since', async () => {
    const { clock, call, conditions } = setup(['a', 'b', 'c'])
    const onlyA = { tried: ['b', 'c'] }
    call(5, always(failure), onlyA)
    await clock.advance(6_000)
    call(1, always(success))
    await clock.advance(10_000)
    call(1, always(success), onlyA)
    call(5, always(failure), onlyA)
    await clock.advance(5_500)
    expect(conditions()['a']).toBe('probing')
  })

  it('tries an ejected endpoint with a call that cannot be repeated only when nothing else came for 5 s', async () => {
    const { clock, call } = setup(['a', 'b', 'c'])
    call(5, always(failure), { tried: ['b', 'c'] })
    await clock.advance(5_500)
    expect(call(50, always(success), { repeatable: false })).not.toHaveProperty('a')
    await clock.advance(5_000)
    expect(call(1, always(success), { repeatable: false })).toEqual({ a: 1 })
  })

  it('is not decided by outcomes that say nothing about the endpoint', async () => {
    const { clock, call, conditions } = setup(['a', 'b', 'c'])
    call(100, always(cancelled), { tried: ['b', 'c'] })
    expect(conditions()['a']).toBe('up')
    call(5, always(failure), { tried: ['b', 'c'] })
    await clock.advance(5_500)
    call(1, always(cancelled))
    expect(conditions()['a'], 'the next call decides').toBe('probing')
  })

  it('is not brought back by a call that was under way when it was ejected', () => {
    const { balancer, call, conditions } = setup(['a', 'b', 'c'])
    const early = balancer.pick({ tried: ['b', 'c'] })
    call(5, always(failure), { tried: ['b', 'c'] })
    early?.end(success, 500)
    expect(conditions()['a']).toBe('ejected')
  })

  it('counts a call that was given up as at least as slow as it was', () => {
    const { balancer, call } = setup(['a', 'b', 'c'])
    call(10, always(success, 50), { tried: ['b', 'c'] })
    call(1, always(cancelled, 5), { tried: ['b', 'c'] })
    const latency = () => balancer.state().find(({ key }) => key === 'a')?.latencyMs
    expect(latency()).toBe(50)
    call(1, always(cancelled, 300), { tried: ['b', 'c'] })
    expect(latency()).toBe(300)
  })

  it('keeps what it knows of endpoints that stay, and lets new ones grow into their share', async () => {
    const { balancer, clock, call, conditions, facts } = setup(['a', 'b'])
    call(5, always(failure), { tried: ['b'] })
    balancer.update(['a', 'b', 'c', 'd'])
    expect(conditions()).toEqual({ a: 'ejected', b: 'up', c: 'warming', d: 'warming' })
    const early = call(300, always(success))
    expect(early['b']).toBeGreaterThan(200)
    await clock.advance(30_000)
    call(1, always(success))
    await clock.advance(10_000)
    const late = call(400, always(success))
    for (const count of Object.values(late)) expect(count).toBeGreaterThan(80)
    balancer.update(['c', 'd'])
    expect(facts.map(({ endpoint, change }) => `${endpoint} ${change}`)).toEqual([
      'a ejected',
      'c added',
      'd added',
      'a restored',
      'a removed',
      'b removed',
    ])
  })

  it('still gives an endpoint when only ejected ones are left', () => {
    const { balancer, call } = setup(['a', 'b'])
    call(5, always(failure), { tried: ['b'] })
    balancer.update(['a'])
    expect(balancer.pick()?.key).toBe('a')
  })

  it('says nothing of an endpoint that is gone when its last call ends', () => {
    const { balancer, call, facts } = setup(['a', 'b', 'c'])
    call(4, always(failure), { tried: ['b', 'c'] })
    const last = balancer.pick({ tried: ['b', 'c'] })
    balancer.update(['b', 'c'])
    facts.length = 0
    last?.end(failure, 10)
    expect(facts).toEqual([])
  })

  it.each([
    { ejectMs: 9 },
    { maxEjectedRatio: 1.1 },
    { ejectMs: 500, maxEjectMs: 499 },
    { penaltyMs: 0 },
    { eject: 1 },
  ])('refuses %o at construction', (wrong) => {
    expect(() => createBalancer({ service: 'a', dependency: 'b', ...(wrong as object) })).toThrow(
      expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }) as Error,
    )
  })
})
