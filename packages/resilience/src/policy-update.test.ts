import { type BreakerChanged, subscribe } from '@keelson/core/channels'
import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createBalancer } from './balancer.ts'
import { createPipeline } from './pipeline.ts'
import type { Pipeline, PipelineCall, PipelineOptions } from './pipeline-types.ts'

const clock = createFakeClock()
const pipelines: Pipeline[] = []
let changes: BreakerChanged[] = []
let unsubscribe = (): void => {}

// Loading takes real time, in which these tests would move their clock past every deadline.
beforeAll(() => import('./opossum-adapter.ts'))
afterEach(async () => {
  unsubscribe()
  for (const pipeline of pipelines.splice(0)) await pipeline.close()
  expect(clock.pendingCount, 'timers left behind').toBe(0)
})

function make(options: Partial<PipelineOptions> = {}): Pipeline {
  changes = []
  unsubscribe = subscribe('keelson.breaker.changed', (change) => changes.push(change))
  const names = { service: 'delivery', dependency: 'catalog' }
  const pipeline = createPipeline({ ...names, clock, random: () => 0.5, retry: false, ...options })
  pipelines.push(pipeline)
  return pipeline
}

const fail = () => Promise.reject(new KeelsonError('KEELSON_TEST_DOWN', 'Down.', { retryable: true }))
const work = () => Promise.resolve('done')
const silence = () => new Promise<never>(() => {})

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'success',
    (error: unknown) => (error as KeelsonError).code, // every call of these tests fails with one
  )
}

async function failTimes(pipeline: Pipeline, count: number, call?: PipelineCall): Promise<void> {
  for (let index = 0; index < count; index++) await codeOf(pipeline.run(fail, call))
}

/** Lets promises that are settled run their followers. */
const turn = () => clock.advance(0)

describe('update', () => {
  it('keeps an open breaker open, and its window', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 10 } })
    await failTimes(pipeline, 5)
    pipeline.update({ breaker: { minimumThroughput: 6, samplingMs: 30_000 } })
    await failTimes(pipeline, 1)
    expect(pipeline.state().breaker, 'the five failures before the change count').toBe('open')
    pipeline.update({ breaker: { minimumThroughput: 100, breakMs: 4_000 } })
    expect(await codeOf(pipeline.run(work))).toBe('KEELSON_RESILIENCE_CIRCUIT_OPEN')
    await clock.advance(300)
    expect(pipeline.state().breaker, 'open for as long as was planned when it opened').toBe('half-open')
  })

  it('switches the ramp off in the middle of one', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 3, rampMs: 60_000 } })
    await failTimes(pipeline, 3)
    await clock.advance(250)
    for (let probe = 0; probe < 3; probe++) expect(await codeOf(pipeline.run(work))).toBe('success')
    expect(pipeline.state()).toMatchObject({ breaker: 'half-open', admittedRatio: 0.1 })
    pipeline.update({ breaker: { minimumThroughput: 3, rampMs: 0 } })
    await turn()
    expect(pipeline.state()).toMatchObject({ breaker: 'closed', admittedRatio: 1 })
  })

  it('switches the breaker off, which lets every call through, and on again, closed', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 3 } })
    await failTimes(pipeline, 3)
    pipeline.update({ breaker: false })
    expect(pipeline.state()).toMatchObject({ breaker: undefined, admittedRatio: undefined })
    expect(
      changes.map(({ to }) => to),
      'series do not stay at open',
    ).toEqual(['open', 'closed'])
    await failTimes(pipeline, 30)
    expect(await codeOf(pipeline.run(work))).toBe('success')
    pipeline.update({ breaker: { minimumThroughput: 3 } })
    expect(pipeline.state().breaker).toBe('closed')
    await failTimes(pipeline, 3)
    expect(pipeline.state().breaker).toBe('open')
  })

  it('makes the breaker that was off from the beginning', async () => {
    const pipeline = make({ breaker: false })
    await failTimes(pipeline, 3)
    pipeline.update({ breaker: { minimumThroughput: 3 } })
    await failTimes(pipeline, 3)
    expect(pipeline.state().breaker).toBe('open')
  })

  it('lets waiting calls in when there are more places, and none when there are fewer', async () => {
    const pipeline = make({ bulkhead: { maxConcurrent: 1, maxQueue: 5 }, timeoutMs: 60_000 })
    const ends: (() => void)[] = []
    const wait = () => new Promise<void>((resolve) => ends.push(resolve))
    const calls = Array.from({ length: 4 }, () => pipeline.run(wait))
    await turn()
    expect(ends).toHaveLength(1)
    pipeline.update({ bulkhead: { maxConcurrent: 3, maxQueue: 5 }, timeoutMs: 60_000 })
    await turn()
    expect(ends).toHaveLength(3)
    pipeline.update({ bulkhead: { maxConcurrent: 1, maxQueue: 5 }, timeoutMs: 60_000 })
    ends.shift()?.()
    ends.shift()?.()
    await turn()
    expect(ends, 'two ended, one goes on, and the fourth still waits').toHaveLength(1)
    ends.shift()?.()
    await turn()
    expect(ends).toHaveLength(1)
    ends.shift()?.()
    await Promise.all(calls)
    expect(pipeline.state()).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('switches the bulkhead off for calls that wait and for new ones', async () => {
    const pipeline = make({ bulkhead: { maxConcurrent: 1, maxQueue: 1 } })
    let begunCount = 0
    const begin = (): Promise<string> => {
      begunCount += 1
      return silence()
    }
    const controller = new AbortController()
    const calls = [1, 2].map(() => codeOf(pipeline.run(begin, { signal: controller.signal })))
    await turn()
    pipeline.update({ bulkhead: false })
    calls.push(...[1, 2].map(() => codeOf(pipeline.run(begin, { signal: controller.signal }))))
    await turn()
    expect(begunCount).toBe(4)
    controller.abort()
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['KEELSON_RESILIENCE_CANCELLED']))
  })

  it('changes limits of time and retries for calls that begin later', async () => {
    const pipeline = make({ attemptTimeoutMs: 1_000 })
    const limits: number[] = []
    const note = (attempt: { readonly limitMs: number }) => {
      limits.push(attempt.limitMs)
      return fail()
    }
    await codeOf(pipeline.run(note, { idempotent: true }))
    pipeline.update({ attemptTimeoutMs: 50, timeoutMs: 100, retry: { maxRetries: 1 } })
    const call = codeOf(pipeline.run(note, { idempotent: true }))
    await clock.advance(20)
    await call
    expect(limits).toEqual([1_000, 50, 50])
  })

  it('keeps what is left of the budget of retries', async () => {
    const budget = { depositRatio: 0, depositPerSecond: 0, maxTokens: 10 }
    const pipeline = make({ retry: { budget } })
    for (let call = 0; call < 4; call++) {
      const failed = codeOf(pipeline.run(fail, { idempotent: true }))
      await clock.advance(20)
      await failed
    }
    expect(pipeline.state().retryTokens).toBe(6)
    pipeline.update({ retry: { budget: { ...budget, maxTokens: 20 } } })
    expect(pipeline.state().retryTokens).toBe(6)
    pipeline.update({ retry: { budget: { ...budget, maxTokens: 2 } } })
    expect(pipeline.state().retryTokens).toBe(2)
  })

  it('refuses a policy as a whole', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 3 } })
    const wrong = { attemptTimeoutMs: 5, breaker: { minimumThroughput: 1, failureRatio: 7 } }
    expect(() => pipeline.update(wrong)).toThrow(
      expect.objectContaining({
        code: 'KEELSON_RESILIENCE_OPTIONS_INVALID',
        details: expect.objectContaining({ path: 'circuitBreaker.failureRatio' }),
      }),
    )
    await failTimes(pipeline, 2)
    expect(pipeline.state().breaker).toBe('closed')
  })
})

describe('operation groups', () => {
  it('have a breaker each', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 3 } })
    await failTimes(pipeline, 3, { operation: 'payments' })
    expect(pipeline.state()).toMatchObject({ breaker: 'closed', groups: { payments: 'open' } })
    expect(await codeOf(pipeline.run(work, { operation: 'payments' }))).toBe(
      'KEELSON_RESILIENCE_CIRCUIT_OPEN',
    )
    expect(await codeOf(pipeline.run(work))).toBe('success')
    expect(changes).toMatchObject([{ dependency: 'catalog', operation: 'payments', to: 'open' }])
  })

  it('are isolated and released together, those that come later too', async () => {
    const pipeline = make()
    await pipeline.run(work, { operation: 'early' })
    await pipeline.isolate()
    for (const operation of [undefined, 'early', 'late']) {
      expect(await codeOf(pipeline.run(work, { operation }))).toBe('KEELSON_RESILIENCE_CIRCUIT_OPEN')
    }
    expect(pipeline.state()).toMatchObject({
      breaker: 'isolated',
      groups: { early: 'isolated', late: 'isolated' },
    })
    await pipeline.release()
    for (const operation of [undefined, 'early', 'late']) {
      expect(await codeOf(pipeline.run(work, { operation }))).toBe('success')
    }
  })

  it('are isolated for a time together: one that comes later has what is left of it', async () => {
    const pipeline = make()
    await pipeline.isolate({ forMs: 10_000 })
    await clock.advance(6_000)
    expect(await codeOf(pipeline.run(work, { operation: 'late' }))).toBe('KEELSON_RESILIENCE_CIRCUIT_OPEN')
    await clock.advance(3_999)
    expect(pipeline.state()).toMatchObject({ breaker: 'isolated', groups: { late: 'isolated' } })
    await clock.advance(1)
    expect(pipeline.state()).toMatchObject({
      breaker: 'closed',
      groups: { late: 'closed' },
      forced: undefined,
    })
    expect(await codeOf(pipeline.run(work, { operation: 'later still' }))).toBe('success')
  })

  it('are held closed for a time together, and refuse nothing', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 3 } })
    await failTimes(pipeline, 3, { operation: 'early' })
    await pipeline.holdClosed({ forMs: 10_000 })
    expect(pipeline.state()).toMatchObject({
      breaker: 'closed',
      groups: { early: 'closed' },
      forced: 'closed',
    })
    for (const operation of [undefined, 'early', 'late']) {
      await failTimes(pipeline, 10, { operation })
      expect(await codeOf(pipeline.run(work, { operation }))).toBe('success')
    }
    await clock.advance(10_000)
    expect(pipeline.state().forced).toBeUndefined()
    await failTimes(pipeline, 3, { operation: 'late' })
    expect(pipeline.state().groups).toMatchObject({ late: 'open' })
  })

  it('are released by a release that was asked for while the force still waited', async () => {
    const pipeline = make()
    const forcing = pipeline.isolate()
    await pipeline.release()
    await forcing
    expect(pipeline.state().forced).toBeUndefined()
    expect(await codeOf(pipeline.run(work))).toBe('success')
  })

  it('are not forced for a time that is none', async () => {
    const pipeline = make()
    expect(await codeOf(pipeline.isolate({ forMs: 0 }))).toBe('KEELSON_RESILIENCE_OPTIONS_INVALID')
    expect(await codeOf(pipeline.run(work, { operation: 'late' }))).toBe('success')
  })

  it('are not forced where there is no breaker, nor when one is switched on later', async () => {
    const pipeline = make({ breaker: false })
    await pipeline.isolate({ forMs: 10_000 })
    expect(pipeline.state().forced).toBeUndefined()
    pipeline.update({})
    expect(await codeOf(pipeline.run(work))).toBe('success')
  })

  it('are no longer forced once the breaker was switched off', async () => {
    const pipeline = make()
    await pipeline.isolate({ forMs: 10_000 })
    pipeline.update({ breaker: false })
    pipeline.update({})
    expect(await codeOf(pipeline.run(work, { operation: 'new' }))).toBe('success')
  })
})

describe('tune', () => {
  it('of a balancer keeps who is ejected and what was counted', async () => {
    const names = { service: 'delivery', dependency: 'catalog' }
    const balancer = createBalancer({ ...names, clock, random: () => 0, consecutiveFailures: 3 })
    balancer.update(['a', 'b', 'c'])
    const failOn = (key: string, count: number) => {
      for (let index = 0; index < count; index++) {
        const others = ['a', 'b', 'c'].filter((each) => each !== key)
        const lease = balancer.pick({ tried: others })
        expect(lease?.key).toBe(key)
        lease?.end({ breaker: 'failure', retry: 'never', outcome: 'failure' }, 5)
      }
    }
    failOn('a', 3)
    failOn('b', 2)
    balancer.tune({ consecutiveFailures: 3, maxEjectedRatio: 0.6, ejectMs: 20_000, samplingMs: 20_000 })
    failOn('b', 1)
    const conditions = () => balancer.state().map(({ condition }) => condition)
    expect(conditions()).toEqual(['ejected', 'ejected', 'up'])
    await clock.advance(6_000)
    expect(conditions(), 'the first for 5 s as planned, the second for 20 s').toEqual([
      'probing',
      'ejected',
      'up',
    ])
    expect(() => balancer.tune({ ejectMs: 1 })).toThrow(
      expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }),
    )
  })
})
