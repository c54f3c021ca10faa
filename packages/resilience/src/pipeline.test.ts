import { type ClientAttempt, type ClientCall, type ClientRetry, subscribe } from '@keelson/core/channels'
import { KeelsonError } from '@keelson/core/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pipelineTrial } from '../test/pipeline-trial.ts'
import type { Attempt } from './attempt.ts'
import type { Classification } from './classification.ts'
import { createPipeline } from './pipeline.ts'
import type { PipelineOptions } from './pipeline-types.ts'

const { clock, make, settle } = pipelineTrial()
let calls: ClientCall[] = []
let attempts: ClientAttempt[] = []
let retries: ClientRetry[] = []
let unsubscribe: (() => void)[] = []

beforeEach(() => {
  calls = []
  attempts = []
  retries = []
  unsubscribe = [
    subscribe('keelson.client.call', (call) => calls.push(call)),
    subscribe('keelson.client.attempt', (attempt) => attempts.push(attempt)),
    subscribe('keelson.client.retry', (retry) => retries.push(retry)),
  ]
})
afterEach(() => {
  for (const end of unsubscribe) end()
})

const down = () => Promise.reject(new KeelsonError('KEELSON_TEST_DOWN', 'Down.', { retryable: true }))
const well = () => Promise.resolve('well')
const silence = () => new Promise<never>(() => {})

describe('createPipeline', () => {
  it('gives what the operation gives, and publishes one call with one attempt', async () => {
    const pipeline = make()
    const result = await settle(pipeline, async (attempt) => {
      attempt.statusCode = 201
      return 'created'
    })
    expect(result).toBe('created')
    const base = { service: 'delivery', dependency: 'catalog', outcome: 'success', durationMs: 0 }
    expect(attempts).toEqual([{ ...base, retry: 0, statusCode: 201 }])
    expect(calls).toEqual([{ ...base, attemptCount: 1 }])
  })

  it('makes an idempotent call again that failed, after its pause', async () => {
    const pipeline = make()
    let made = 0
    const flaky = () => (made++ === 0 ? down() : Promise.resolve('second'))
    expect(await settle(pipeline, flaky, { idempotent: true })).toBe('second')
    expect(retries).toEqual([{ service: 'delivery', dependency: 'catalog', result: 'scheduled', delayMs: 5 }])
    expect(attempts.map(({ outcome, retry }) => [outcome, retry])).toEqual([
      ['failure', 0],
      ['success', 1],
    ])
    expect(calls).toMatchObject([{ outcome: 'success', attemptCount: 2 }])
  })

  it('makes a call that is not idempotent again only when it never reached the dependency', async () => {
    const pipeline = make({
      classify: () => ({ breaker: 'failure', retry: 'idempotent', outcome: 'failure' }),
    })
    const operation = vi.fn(down)
    expect(await settle(pipeline, operation)).toMatchObject({ code: 'KEELSON_TEST_DOWN' })
    expect(operation).toHaveBeenCalledTimes(1)
    expect(retries).toMatchObject([{ result: 'not-retryable' }])

    const unsent = make({ classify: () => ({ breaker: 'failure', retry: 'always', outcome: 'failure' }) })
    const second = vi.fn(down)
    await settle(unsent, second)
    expect(second).toHaveBeenCalledTimes(2)
  })

  it('ends an attempt at its time-out and aborts its signal with the reason', async () => {
    const pipeline = make()
    let signal: AbortSignal | undefined
    const listener = vi.fn()
    const hanging = (attempt: Attempt) => {
      signal = attempt.signal
      attempt.onAbort(listener)
      return silence()
    }
    expect(await settle(pipeline, hanging)).toMatchObject({
      code: 'KEELSON_RESILIENCE_TIMEOUT',
      statusCode: 504,
      details: { dependency: 'catalog', timeoutMs: 1_000, localStall: false },
    })
    expect(signal?.reason).toMatchObject({ code: 'KEELSON_RESILIENCE_TIMEOUT' })
    expect(listener).toHaveBeenCalledTimes(1)
    expect(attempts).toMatchObject([{ outcome: 'timeout', durationMs: 1_000 }])
    expect(calls).toMatchObject([{ outcome: 'timeout' }])
  })

  it('gives each attempt a signal of its own: one time-out aborts no other call', async () => {
    const pipeline = make()
    const signals: AbortSignal[] = []
    const slow = (attempt: Attempt) => {
      signals.push(attempt.signal)
      return silence()
    }
    const first = settle(pipeline, slow)
    await clock.advance(500)
    void pipeline.run(slow).catch(() => undefined)
    await first
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    await clock.advance(1_000)
  })

  it('bounds the whole call, cuts its last attempt short, and does not blame the dependency for it', async () => {
    const pipeline = make({ timeoutMs: 1_200, breaker: { minimumThroughput: 2 } })
    const limits: number[] = []
    const hanging = (attempt: Attempt) => {
      limits.push(attempt.limitMs)
      return silence()
    }
    expect(await settle(pipeline, hanging, { idempotent: true })).toMatchObject({
      code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED',
      statusCode: 504,
    })
    expect(limits).toEqual([1_000, 195])
    expect(pipeline.state().breaker, 'one failure, one neutral outcome').toBe('closed')
  })

  it('answers by the fallback in place of an error, and passes the error to it', async () => {
    const fallback = vi.fn(() => 'from the cache')
    expect(await settle(make(), down, { fallback })).toBe('from the cache')
    expect(fallback).toHaveBeenCalledWith(expect.objectContaining({ code: 'KEELSON_TEST_DOWN' }))
    expect(calls).toMatchObject([{ outcome: 'fallback', attemptCount: 1 }])
  })

  it('fails with what the fallback throws', async () => {
    const error = new RangeError('nothing in the cache')
    expect(await settle(make(), down, { fallback: () => Promise.reject(error) })).toBeInstanceOf(RangeError)
    expect(calls).toMatchObject([{ outcome: 'failure' }])
  })

  it('refuses calls while the breaker is open, before the operation', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 2 } })
    await settle(pipeline, down)
    await settle(pipeline, down)
    const operation = vi.fn(down)
    expect(await settle(pipeline, operation)).toMatchObject({
      code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN',
      statusCode: 503,
    })
    expect(operation).not.toHaveBeenCalled()
    expect(calls.at(-1)).toMatchObject({ outcome: 'circuit-open', attemptCount: 0 })
  })

  it('lets a share of the calls through after an outage; the others are refused as by an open breaker, or fall back', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 2, rampMs: 3_000 } })
    for (let call = 0; call < 2; call++) await settle(pipeline, down)
    await clock.advance(250)
    for (let probe = 0; probe < 3; probe++) expect(await settle(pipeline, well)).toBe('well')
    expect(pipeline.state()).toMatchObject({ breaker: 'half-open', admittedRatio: 0.1 })
    expect(await settle(pipeline, well), 'the first after the probes').toBe('well')
    expect(await settle(pipeline, well)).toMatchObject({
      code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN',
      details: { state: 'half-open', admittedRatio: 0.1 },
    })
    expect(calls.at(-1)).toMatchObject({ outcome: 'circuit-open', attemptCount: 0 })
    expect(await settle(pipeline, well, { fallback: () => 'cached' })).toBe('cached')
    await clock.advance(3_000)
    expect(pipeline.state()).toMatchObject({ breaker: 'closed', admittedRatio: 1 })
    for (let call = 0; call < 20; call++) expect(await settle(pipeline, well)).toBe('well')
  })

  it('shows the first error when the breaker refuses the retry, and stops there', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 1 }, retry: { maxRetries: 5 } })
    const operation = vi.fn(down)
    expect(await settle(pipeline, operation, { idempotent: true })).toMatchObject({
      code: 'KEELSON_TEST_DOWN',
    })
    expect(operation).toHaveBeenCalledTimes(1)
    expect(calls).toMatchObject([{ outcome: 'failure', attemptCount: 1 }])
  })

  it('plans no retry that an open breaker would refuse, and takes nothing out of the budget for it', async () => {
    const budget = { depositRatio: 0, depositPerSecond: 0 }
    const pipeline = make({ breaker: { minimumThroughput: 1 }, retry: { maxRetries: 5, budget } })
    const startedAt = clock.monotonic()
    const ended = pipeline.run(down, { idempotent: true }).catch(() => clock.monotonic())
    await clock.advance(0)
    expect(await Promise.race([ended, Promise.resolve('it waits')]), 'no pause').toBe(startedAt)
    expect(pipeline.state().retryTokens).toBe(10)
    expect(retries).toMatchObject([{ result: 'not-retryable' }])
    await settle(pipeline, down, { idempotent: true })
    expect(calls.at(-1)).toMatchObject({ outcome: 'circuit-open' })
    expect(retries, 'a call that was not made was never a candidate').toHaveLength(1)
  })

  it('keeps its breaker closed over 10,000 outcomes that are neutral or successes', async () => {
    const harmless: readonly Classification[] = [
      { breaker: 'success', retry: 'never', outcome: 'success' },
      { breaker: 'neutral', retry: 'never', outcome: 'rejected' },
    ]
    for (const classification of harmless) {
      const pipeline = make({ classify: () => classification })
      for (let call = 0; call < 10_000; call++) await pipeline.run(down).catch(() => undefined)
      expect(pipeline.state().breaker).toBe('closed')
    }
  })

  it('keeps its breaker closed over 10,000 calls that its bulkhead refused', async () => {
    const pipeline = make({ bulkhead: { maxConcurrent: 1 }, breaker: { minimumThroughput: 1 } })
    const first = settle(pipeline, () => Promise.resolve('held'))
    const refused = Array.from({ length: 10_000 }, () => pipeline.run(down).catch(({ code }) => code))
    expect(new Set(await Promise.all(refused))).toEqual(new Set(['KEELSON_RESILIENCE_BULKHEAD_FULL']))
    expect(pipeline.state().breaker).toBe('closed')
    await first
  })

  it('refuses the call beyond maxConcurrent at once', async () => {
    const pipeline = make({ bulkhead: { maxConcurrent: 2 } })
    const first = settle(pipeline, silence)
    void pipeline.run(silence).catch(() => undefined)
    await clock.advance(0)
    await expect(pipeline.run(silence)).rejects.toMatchObject({
      code: 'KEELSON_RESILIENCE_BULKHEAD_FULL',
      statusCode: 503,
    })
    expect(calls).toMatchObject([{ outcome: 'rejected', attemptCount: 0 }])
    await first
    await clock.advance(1_000)
    expect(await settle(pipeline, () => Promise.resolve('free again'))).toBe('free again')
    expect(pipeline.state()).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('lets calls wait in turn, each at most until its deadline', async () => {
    const pipeline = make({ bulkhead: { maxConcurrent: 1, maxQueue: 2 }, retry: false })
    const order: string[] = []
    const named = (name: string) => () => {
      order.push(name)
      return silence()
    }
    const first = settle(pipeline, named('first'))
    const second = pipeline.run(named('second')).catch(() => undefined)
    const impatient = settle(pipeline, named('impatient'), { timeoutMs: 500 })
    await clock.advance(0)
    expect(pipeline.state()).toMatchObject({ inFlight: 3, queued: 2 })
    expect(await impatient).toMatchObject({ code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED' })
    await first
    expect(order).toEqual(['first', 'second'])
    await clock.advance(1_000)
    await second
    expect(pipeline.state()).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('lets a waiting call be cancelled', async () => {
    const controller = new AbortController()
    const pipeline = make({ bulkhead: { maxConcurrent: 1, maxQueue: 1 } })
    const first = settle(pipeline, silence)
    const waiting = settle(pipeline, silence, { signal: controller.signal })
    await clock.advance(100)
    controller.abort()
    expect(await waiting).toMatchObject({ code: 'KEELSON_RESILIENCE_CANCELLED' })
    expect(pipeline.state().queued).toBe(0)
    await first
  })

  it('stops retrying when the budget is used up', async () => {
    const pipeline = make({ breaker: false })
    for (let call = 0; call < 100; call++) await settle(pipeline, down, { idempotent: true })
    // 10 in store, 10 earned by the calls, and one for each of the two or three seconds that they took.
    const scheduled = retries.filter(({ result }) => result === 'scheduled')
    expect(scheduled.length).toBeGreaterThanOrEqual(20)
    expect(scheduled.length).toBeLessThanOrEqual(24)
    expect(retries.length - scheduled.length).toBe(100 - scheduled.length)
    expect(retries.at(-1)).toMatchObject({ result: 'exhausted' })
  })

  it('can have every layer switched off', async () => {
    const pipeline = make({
      breaker: false,
      retry: false,
      bulkhead: false,
      timeoutMs: false,
      attemptTimeoutMs: false,
    })
    let limitMs = 0
    const operation = vi.fn((attempt: Attempt) => {
      limitMs = attempt.limitMs
      return down()
    })
    for (let call = 0; call < 300; call++) await pipeline.run(operation, { idempotent: true }).catch(() => 0)
    expect(operation).toHaveBeenCalledTimes(300)
    expect(limitMs).toBe(Infinity)
    expect(pipeline.state()).toEqual({
      breaker: undefined,
      groups: {},
      inFlight: 0,
      queued: 0,
      retryTokens: undefined,
    })
  })

  it('takes its numbers from its profile', async () => {
    const limits: number[] = []
    for (const profile of ['internal', 'external', 'batch'] as const) {
      await settle(make({ profile }), async ({ limitMs }) => limits.push(limitMs))
    }
    expect(limits).toEqual([1_000, 5_000, 20_000])
  })

  it('is isolated and released by hand', async () => {
    const pipeline = make()
    await pipeline.isolate()
    expect(pipeline.state().breaker).toBe('isolated')
    expect(await settle(pipeline, () => Promise.resolve(1))).toMatchObject({
      code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN',
    })
    await pipeline.release()
    expect(await settle(pipeline, () => Promise.resolve(1))).toBe(1)
  })

  it('refuses calls once closed', async () => {
    const pipeline = make()
    await pipeline.close()
    await expect(pipeline.run(() => Promise.resolve())).rejects.toMatchObject({
      code: 'KEELSON_RESILIENCE_CLOSED',
      statusCode: 503,
    })
  })

  it.each([
    { retry: { maxRetries: -1 } },
    { retry: { budget: { depositRatio: 2 } } },
    { breaker: { failureRatio: 2 } },
    { bulkhead: { maxConcurrent: 0 } },
    { attemptTimeoutMs: 0 },
    { profile: 'fast' },
    { timeout: 5 },
  ])('refuses %o at construction, synchronously', (options) => {
    const wrong = options as Partial<PipelineOptions> // deliberately wrong
    expect(() => createPipeline({ service: 'a', dependency: 'b', ...wrong })).toThrow(
      expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }) as Error,
    )
  })
})
