import { describe, expect, it } from 'vitest'
import { type AdmissionTrial, beginLongTurn, queue, trialAdmission } from '../../test/admission-trial.ts'
import { Admission } from './admission.ts'

describe('Admission', () => {
  it('starts what comes while the event loop turns, and leaves no timer behind', async () => {
    const { admission, ask, clock, deferred, pendingCount } = trialAdmission()
    for (let request = 0; request < 100; request++) {
      expect(ask()).toBeUndefined()
      await clock.advance(3)
    }
    await clock.advance(100)
    expect(pendingCount()).toBe(0)
    expect(deferred).toHaveLength(0)
    expect(admission.waiting).toBe(0)
  })

  it('refuses a request whose caller has given up', () => {
    const { ask, clock } = trialAdmission()
    expect(ask({ deadline: clock.now() })).toMatchObject({ reason: 'deadline' })
    expect(ask({ deadline: clock.now() + 1 })).toBeUndefined()
  })

  it('refuses a request that has less time left than any of the route has lately needed', async () => {
    const { admission, ask, clock, route } = trialAdmission()
    for (let request = 0; request < 12; request++) {
      admission.begin(route)
      await clock.advance(50)
      admission.end(route, clock.monotonic(), 50, true)
    }
    expect(ask({ deadline: clock.now() + 49 })).toMatchObject({ reason: 'deadline' })
    expect(ask({ deadline: clock.now() + 51 })).toBeUndefined()
    // What it knows grows old: else it could never learn that the route has become quicker.
    await clock.advance(1_001)
    expect(ask({ deadline: clock.now() + 49 })).toBeUndefined()
  })

  it('bounds the requests under way, sheddable ones by half, critical ones half above', () => {
    const { admission, ask, route } = trialAdmission({ maxConcurrent: 10 })
    const begin = (count: number) => {
      for (let index = 0; index < count; index++) admission.begin(route)
    }
    begin(5)
    expect(ask({ criticality: 'sheddable' })).toMatchObject({ reason: 'limit', retryAfterSeconds: 1 })
    expect(ask()).toBeUndefined()
    begin(5)
    expect(ask()).toMatchObject({ reason: 'limit' })
    expect(ask({ criticality: 'critical' })).toBeUndefined()
    begin(5)
    expect(ask({ criticality: 'critical' })).toMatchObject({ reason: 'limit' })
  })

  it('lets wait what is read in a long turn, and starts critical requests first', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    expect(test.ask()).toBe('later')
    const told: string[] = []
    queue(test, 'sheddable', told, { criticality: 'sheddable' })
    queue(test, 'first', told)
    queue(test, 'critical', told, { criticality: 'critical' })
    queue(test, 'second', told)
    // Each holds the loop longer than a slice: sockets are read after each.
    for (let turn = 0; turn < 4; turn++) test.turn()
    expect(told).toEqual(['critical started', 'first started', 'second started', 'sheddable started'])
    expect(test.admission.waiting).toBe(0)
    expect(test.deferred).toHaveLength(0)
  })

  it('starts each in a callback of its own: what one leaves in the queue of promises runs before the next', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    for (const name of ['a', 'b', 'c']) {
      test.admission.queue(test.arrive(), test.route, {
        isGone: () => false,
        start: () => void told.push(name),
        refuse: () => {},
      })
    }
    for (const callback of test.deferred.splice(0)) {
      const count = told.length
      callback()
      expect(told.length).toBeLessThanOrEqual(count + 1)
    }
    expect(told).toEqual(['a', 'b', 'c'])
  })

  it('ends a slice by what was computed behind the starts', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    for (const name of ['a', 'b']) {
      test.admission.queue(test.arrive(), test.route, {
        isGone: () => false,
        start: () => void told.push(name),
        refuse: () => {},
      })
    }
    // The first call starts `a`, whose promise then holds the loop.
    const [first, ...others] = test.deferred.splice(0)
    first?.()
    test.block(6)
    for (const callback of others) callback()
    expect(told).toEqual(['a'])
    test.turn()
    expect(told).toEqual(['a', 'b'])
  })

  it('lets the first request of a connection wait until it is known whether its caller is still there', () => {
    const test = trialAdmission()
    const told: string[] = []
    expect(test.admission.admit(test.arrive(), test.route, true)).toBe('later')
    const leave = queue(test, 'left', told, {}, true)
    queue(test, 'stays', told, {}, true)
    expect(test.admission.waiting).toBe(2)
    test.turn()
    expect(told).toEqual([])
    leave()
    test.turn()
    test.turn()
    expect(told).toEqual(['stays started'])
    expect(test.admission.waiting).toBe(0)
    test.turn()
    expect(test.deferred).toHaveLength(0)
  })

  it('starts nobody while turns bring newcomers, and asks them again when they enter', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    queue(test, 'waits', told)
    queue(test, 'newcomer', told, {}, true)
    queue(test, 'hopeless', told, { deadline: test.clock.now() + 5 }, true)
    test.turn()
    expect(told).toEqual([])
    test.block(6)
    test.turn()
    expect(told).toEqual(['hopeless deadline'])
    for (let turn = 0; turn < 3; turn++) test.turn()
    expect(told).toEqual(['hopeless deadline', 'waits started', 'newcomer started'])
  })

  it('does not look at newcomers without a bound', () => {
    const { admission, arrive, route } = trialAdmission({ backlogMs: 0 })
    expect(admission.admit(arrive(), route, true)).toBeUndefined()
  })

  it('works a burst of three bounds off, and refuses what is left after that', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    for (let index = 0; index < 40; index++) queue(test, `${index}`, told)
    for (let turn = 0; turn < 30; turn++) test.turn()
    expect(told.filter((line) => line.endsWith('started'))).toHaveLength(30)
    expect(told.filter((line) => line.endsWith('backlog'))).toHaveLength(10)
    expect(test.admission.waiting).toBe(0)
  })

  it('refuses what would wait longer than the bound, by class, once the queue stands', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    for (let index = 0; index < 8; index++) queue(test, 'one', told)
    // As many come as can be done.
    for (let turn = 0; turn < 31; turn++) {
      queue(test, 'one', told)
      test.turn()
    }
    expect(told).not.toContain('one backlog')
    // Eight wait, 10 ms each.
    expect(test.admission.waiting).toBe(8)
    expect(test.ask()).toBe('later')
    expect(test.ask({ criticality: 'sheddable' })).toMatchObject({ reason: 'backlog', retryAfterSeconds: 1 })
    expect(test.ask({ deadline: test.clock.now() + 70 })).toMatchObject({ reason: 'deadline' })
    for (let index = 0; index < 3; index++) queue(test, 'one', told)
    expect(test.ask()).toMatchObject({ reason: 'backlog' })
    expect(test.ask({ criticality: 'critical' })).toBe('later')
  })

  it('refuses after all what cannot be done in time any more, and forgets what has gone', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    queue(test, 'gone', told)()
    queue(test, 'hopeless', told, { deadline: test.clock.now() + 5 })
    queue(test, 'critical', told, { criticality: 'critical' })
    test.block(6)
    test.turn()
    test.turn()
    expect(told).toEqual(['critical started', 'hopeless deadline'])
    expect(test.admission.waiting).toBe(0)
  })

  it('starts what is late only because the process stood still, but not what its caller has long given up', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    // What one of them costs is known after the second slice: 10 ms.
    for (let index = 0; index < 3; index++) queue(test, 'first', told)
    for (let turn = 0; turn < 4; turn++) test.turn()
    for (let index = 0; index < 2; index++) queue(test, 'late', told)
    test.block(900)
    test.turn()
    test.turn()
    expect(told.slice(3)).toEqual(['late started', 'late started'])
    queue(test, 'hopeless', told)
    test.block(1_001)
    test.turn()
    expect(told.at(-1)).toBe('hopeless backlog')
  })

  it('refuses the late ones where there is much to do behind them', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    for (let index = 0; index < 3; index++) queue(test, 'first', told)
    for (let turn = 0; turn < 4; turn++) test.turn()
    for (let index = 0; index < 5; index++) queue(test, 'late', told)
    test.block(301)
    test.turn()
    expect(told.slice(3)).toEqual(Array(5).fill('late backlog'))
  })

  it.each([
    { until: 'it has begun 200 requests', warmUp: async (test: AdmissionTrial) => test.pass(1) },
    { until: '10 s after the first', warmUp: ({ clock }: AdmissionTrial) => clock.advance(10_000) },
  ])('has five times the patience in a cold process, until $until', async ({ warmUp }) => {
    const test = trialAdmission({ cold: true })
    beginLongTurn(test)
    const told: string[] = []
    test.pass(199)
    for (let index = 0; index < 40; index++) queue(test, 'one', told)
    expect(test.ask({ criticality: 'sheddable' })).toBe('later')
    for (let turn = 0; turn < 5; turn++) test.turn()
    // 35 of 10 ms each wait, and have waited for longer than three bounds.
    test.block(300)
    test.turn()
    expect(told).toEqual(Array(6).fill('one started'))
    expect(test.ask()).toBe('later')
    await warmUp(test)
    expect(test.ask()).toMatchObject({ reason: 'backlog' })
    test.turn()
    expect(told.filter((line) => line === 'one backlog')).toHaveLength(34)
  })

  it('takes new bounds while requests wait, and refuses wrong ones', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    for (let index = 0; index < 60; index++) queue(test, 'one', told)
    for (let turn = 0; turn < 10; turn++) test.turn()
    expect(test.ask()).toMatchObject({ reason: 'backlog' })
    test.admission.update({ backlogMs: 60_000 })
    expect(test.ask()).toBe('later')
    expect(() => test.admission.update({ backlogMs: -1 })).toThrow(
      expect.objectContaining({ code: 'KEELSON_ADMISSION_OPTIONS_INVALID' }),
    )
    expect(test.ask()).toBe('later')
    test.admission.update({ backlogMs: 0, maxConcurrent: 1 })
    expect(test.ask()).toBeUndefined()
    for (let turn = 0; turn < 50; turn++) test.turn()
    expect(told).toEqual(Array(60).fill('one started'))
    test.admission.begin(test.route)
    expect(test.ask()).toMatchObject({ reason: 'limit' })
    test.admission.update({ backlogMs: 0 })
    expect(test.ask()).toBeUndefined()
  })

  it('takes a process that stood still for no measure of what a request costs', () => {
    const test = trialAdmission()
    beginLongTurn(test)
    const told: string[] = []
    for (let index = 0; index < 6; index++) queue(test, 'one', told)
    test.turn()
    test.block(2_000)
    test.turn()
    for (let index = 0; index < 4; index++) queue(test, 'one', told)
    expect(test.ask()).toBe('later')
  })

  it('refuses nothing for waiting when it has no bound', async () => {
    const test = trialAdmission({ backlogMs: 0 })
    expect(test.ask()).toBeUndefined()
    await test.clock.advance(1_000)
    expect(test.ask()).toBeUndefined()
    expect(test.pendingCount()).toBe(0)
  })

  it.each([
    { maxConcurrent: 0 },
    { maxConcurrent: 1.5 },
    { limit: 1 },
    { backlogMs: -1 },
    { backlogMs: 60_001 },
  ])('refuses the options %j', (options) => {
    expect(() => new Admission(options)).toThrow(
      expect.objectContaining({ code: 'KEELSON_ADMISSION_OPTIONS_INVALID' }),
    )
  })
})
