import type { Clock } from '@keelson/core/clock'
import { type ClientAttempt, type ClientCall, subscribe } from '@keelson/core/channels'
import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Attempt } from './attempt.ts'
import type { Classification } from './classification.ts'
import { Hedge, hedgeDefaults, type HedgePolicy } from './hedge.ts'
import { createPipeline } from './pipeline.ts'
import type { Pipeline, PipelineCall } from './pipeline-types.ts'

const clock = createFakeClock()
let pipeline: Pipeline
let attempts: ClientAttempt[] = []
let calls: ClientCall[] = []
let results: string[] = []
let ends: (() => void)[] = []

beforeAll(() => import('./opossum-adapter.ts'))
beforeEach(() => {
  attempts = []
  calls = []
  results = []
  ends = [
    subscribe('keelson.client.attempt', (attempt) => attempts.push(attempt)),
    subscribe('keelson.client.call', (call) => calls.push(call)),
    subscribe('keelson.client.hedge', ({ result }) => results.push(result)),
  ]
})
afterEach(async () => {
  for (const end of ends) end()
  await pipeline.close()
  expect(clock.pendingCount, 'timers left behind').toBe(0)
})

/** A pipeline that has lately seen calls of 10 ms, and may make a second attempt. */
async function make(hedge: HedgePolicy | false = {}, warmCount = 64, maxConcurrent = 200): Promise<Pipeline> {
  const shed: Classification = { breaker: 'neutral', retry: 'never', outcome: 'rejected' }
  const failed: Classification = { breaker: 'failure', retry: 'idempotent', outcome: 'failure' }
  pipeline = createPipeline({
    service: 'delivery',
    dependency: 'catalog',
    clock,
    hedge,
    bulkhead: { maxConcurrent },
    classify: (error) => ((error as Error).message === 'shed' ? shed : failed), // the errors of this file
  })
  for (let call = 0; call < warmCount; call++) await settle(taking(10))
  attempts.length = 0
  calls.length = 0
  results.length = 0
  return pipeline
}

function taking(durationMs: number, value = 'done') {
  return (): Promise<string> => new Promise((resolve) => clock.setTimeout(() => resolve(value), durationMs))
}

function failing(afterMs: number, message = 'down') {
  return async (): Promise<string> => {
    await taking(afterMs)()
    throw new KeelsonError('KEELSON_TEST_DOWN', message)
  }
}

/** Gives the operations one after the other, attempt by attempt. */
function inTurn(...operations: (() => Promise<string>)[]) {
  const attemptsSeen: Attempt[] = []
  const operation = (attempt: Attempt): Promise<string> => {
    attemptsSeen.push(attempt)
    return (operations[attemptsSeen.length - 1] ?? taking(10))()
  }
  return { operation, attemptsSeen }
}

async function settle(
  operation: (attempt: Attempt) => Promise<string>,
  call: PipelineCall<unknown> = { hedgeable: true, idempotent: true },
): Promise<unknown> {
  const ended: unknown[] = []
  const end = (value: unknown) => ended.push(value)
  void pipeline.run(operation, call).then(end, end)
  for (let step = 0; step < 3_000 && ended.length === 0; step++) await clock.advance(1)
  return ended[0]
}

describe('hedging', () => {
  it('asks a second time when the first answer takes longer than 95 of 100, and ends the slower', async () => {
    await make()
    const { operation, attemptsSeen } = inTurn(taking(300, 'slow'), taking(10, 'fast'))
    const startedAt = clock.monotonic()
    expect(await settle(operation)).toBe('fast')
    expect(clock.monotonic() - startedAt).toBeLessThan(30)
    expect(attemptsSeen[0]?.signal.aborted).toBe(true)
    expect(attemptsSeen.map(({ retry }) => retry)).toEqual([0, 1])
    expect(results).toEqual(['won'])
    expect(calls).toMatchObject([{ outcome: 'success', attemptCount: 2 }])
    expect(attempts.map(({ outcome }) => outcome).toSorted()).toEqual(['cancelled', 'success'])
    await clock.advance(300)
  })

  it('ends the second when the first is faster after all', async () => {
    await make()
    const { operation, attemptsSeen } = inTurn(taking(15, 'first'), taking(300))
    expect(await settle(operation)).toBe('first')
    expect(attemptsSeen[1]?.signal.aborted).toBe(true)
    expect(results).toEqual(['lost'])
    await clock.advance(300)
  })

  it('waits for the other when one of two fails', async () => {
    await make()
    expect(await settle(inTurn(failing(15), taking(40, 'second')).operation)).toBe('second')
    expect(await settle(inTurn(taking(40, 'first'), failing(5)).operation)).toBe('first')
    expect(calls).toMatchObject([{ outcome: 'success' }, { outcome: 'success' }])
  })

  it('fails when both fail, without a third attempt', async () => {
    await make()
    const { operation, attemptsSeen } = inTurn(failing(20), failing(20, 'the later'))
    expect(await settle(operation)).toMatchObject({ message: 'the later' })
    expect(attemptsSeen).toHaveLength(2)
    expect(results).toEqual(['failed'])
    expect(calls).toMatchObject([{ outcome: 'failure', attemptCount: 2 }])
  })

  it('leaves a first attempt that fails in time to the retry', async () => {
    await make()
    const { operation, attemptsSeen } = inTurn(
      async () => {
        throw new KeelsonError('KEELSON_TEST_DOWN', 'down', { retryable: true })
      },
      taking(10, 'retried'),
    )
    expect(await settle(operation)).toBe('retried')
    expect(attemptsSeen).toHaveLength(2)
    expect(results).toEqual([])
  })

  it('makes no second attempt of a call that is not marked, nor by default, nor before it knows how long calls take', async () => {
    for (const [hedge, warmCount, call] of [
      [{}, 64, { idempotent: true }],
      [false, 64, { idempotent: true, hedgeable: true }],
      [{}, 10, { idempotent: true, hedgeable: true }],
    ] as const) {
      await make(hedge, warmCount)
      const { operation, attemptsSeen } = inTurn(taking(300))
      await settle(operation, call)
      expect(attemptsSeen).toHaveLength(1)
      await pipeline.close()
    }
  })

  it('ends both attempts when the caller leaves', async () => {
    await make()
    const controller = new AbortController()
    const { operation, attemptsSeen } = inTurn(taking(300), taking(300))
    const ended = settle(operation, { hedgeable: true, idempotent: true, signal: controller.signal })
    await clock.advance(50)
    controller.abort()
    expect(await ended).toMatchObject({ code: 'KEELSON_RESILIENCE_CANCELLED' })
    expect(attemptsSeen.map(({ signal }) => signal.aborted)).toEqual([true, true])
    expect(calls).toMatchObject([{ outcome: 'cancelled' }])
    await clock.advance(300)
  })

  it('stays within its share of the calls', async () => {
    await make({ quantile: 0.5 })
    for (let call = 0; call < 200; call++) {
      const durationMs = call % 5 < 2 ? 100 : 10
      await settle(inTurn(taking(durationMs), taking(durationMs)).operation)
    }
    await clock.advance(100)
    // 5 in store, 5 % of 200 earned, and what the calls before earned is in the store already.
    const secondCount = attempts.filter(({ retry }) => retry === 1).length
    expect(secondCount).toBeGreaterThanOrEqual(8)
    expect(secondCount).toBeLessThanOrEqual(15)
    expect(results).toContain('denied')
  })

  it('pauses for 10 s after the dependency has shed load', async () => {
    await make()
    await settle(failing(1, 'shed'))
    await settle(inTurn(taking(100)).operation)
    expect(attempts.filter(({ retry }) => retry === 1)).toHaveLength(0)
    await clock.advance(10_000)
    await settle(inTurn(taking(100), taking(10)).operation)
    expect(attempts.filter(({ retry }) => retry === 1)).toHaveLength(1)
    await clock.advance(100)
  })

  it('makes none that falls due after the dependency has begun to shed', async () => {
    await make()
    const ended = settle(inTurn(taking(100)).operation)
    await clock.advance(5)
    void pipeline.run(failing(1, 'shed')).catch(() => undefined)
    await ended
    expect(attempts.filter(({ retry }) => retry === 1)).toHaveLength(0)
  })

  it('pauses for 10 s when as many calls are in flight as may be', async () => {
    await make({}, 64, 2)
    const both = [pipeline.run(taking(100)), pipeline.run(taking(100))]
    await expect(pipeline.run(taking(10))).rejects.toMatchObject({
      code: 'KEELSON_RESILIENCE_BULKHEAD_FULL',
    })
    await clock.advance(100)
    await Promise.all(both)
    await settle(inTurn(taking(100)).operation)
    expect(attempts.filter(({ retry }) => retry === 1)).toHaveLength(0)
    await clock.advance(10_000)
    await settle(inTurn(taking(100), taking(10)).operation)
    expect(attempts.filter(({ retry }) => retry === 1)).toHaveLength(1)
    await clock.advance(100)
  })

  it('pauses for 10 s when second attempts are hardly ever the faster ones, then tries a few', async () => {
    // Every call waits in the same queue: a second attempt is behind the first.
    await make({ quantile: 0.5, maxRatio: 0.2 })
    const queued = async (count: number) => {
      attempts.length = 0
      for (let call = 0; call < count; call++) {
        const durationMs = call % 2 === 0 ? 10 : 30
        await settle(inTurn(taking(durationMs), taking(60)).operation)
        await clock.advance(60)
      }
      return attempts.filter(({ retry }) => retry === 1).length
    }
    expect(await queued(110)).toBe(16)
    await clock.advance(10_000)
    expect(await queued(60)).toBe(4)
  })

  it('makes a dozen at most once all answers are slow, and goes on when they are not', async () => {
    await make({ maxRatio: 0.2 })
    const crowd: Promise<string>[] = []
    for (let call = 0; call < 60; call++) {
      crowd.push(pipeline.run(taking(100), { hedgeable: true, idempotent: true }))
      await clock.advance(1)
    }
    await clock.advance(200)
    await Promise.all(crowd)
    const secondCount = attempts.filter(({ retry }) => retry === 1).length
    expect(secondCount).toBeGreaterThan(0)
    expect(secondCount).toBeLessThanOrEqual(12)
    for (let call = 0; call < 64; call++) await settle(taking(10))
    const { operation, attemptsSeen } = inTurn(taking(300), taking(10))
    await settle(operation)
    expect(attemptsSeen).toHaveLength(2)
    await clock.advance(300)
  })

  it('keeps its budget for slow answers, though it never sees how long those would have taken', async () => {
    await make({}, 0)
    let slowCount = 0
    let secondCount = 0
    for (let call = 0; call < 1_500; call++) {
      const isSlow = call % 25 === 24
      // A tenth of the others takes 20 to 38 ms: were the slow ones left out, the wait would end before half of those.
      const usualMs = call % 10 === 0 ? 20 + 2 * ((call / 10) % 10) : 10
      const operations = inTurn(taking(isSlow ? 200 : usualMs), taking(5))
      await settle(operations.operation)
      if (!isSlow || call < 100) continue
      slowCount += 1
      if (operations.attemptsSeen.length === 2) secondCount += 1
    }
    await clock.advance(200)
    expect(secondCount / slowCount).toBeGreaterThan(0.85)
    expect(attempts.length / 1_500).toBeLessThanOrEqual(1.06)
  })

  it('makes none for an answer that came while this process was blocked', async () => {
    let now = 0
    let fire: (() => void) | undefined
    const blocked: Clock = {
      now: () => now,
      monotonic: () => now,
      setTimeout(callback) {
        fire = callback
        return { unref() {} }
      },
      clearTimeout() {},
    }
    const hedge = new Hedge({
      service: 'delivery',
      dependency: 'catalog',
      policy: hedgeDefaults,
      clock: blocked,
    })
    for (let call = 0; call < 32; call++) {
      hedge.record({ breaker: 'success', retry: 'never', outcome: 'success' }, 10, true)
    }
    const begun: boolean[] = []
    let answer: ((value: string) => void) | undefined
    const result = hedge.run((isSecond) => {
      begun.push(isSecond)
      return { result: new Promise<string>((resolve) => (answer = resolve)), cancel: () => undefined }
    })
    now = 400
    fire?.()
    // The next turn of the event loop reads what is in the sockets.
    setImmediate(() => answer?.('read'))
    expect(await result).toBe('read')
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(begun).toEqual([false])
  })

  it('does not learn from writes how long reads take', async () => {
    await make()
    for (let call = 0; call < 100; call++) await settle(taking(50), { idempotent: true })
    const { operation, attemptsSeen } = inTurn(taking(45), taking(10))
    await settle(operation)
    expect(attemptsSeen).toHaveLength(2)
    await clock.advance(50)
  })

  it('lowers the 99th percentile where 1 in 25 answers is slow, at 1.06 attempts per call at most', async () => {
    await make()
    let count = 0
    // Every 25th attempt takes 20 times as long, whoever makes it.
    const operation = () => taking(++count % 25 === 0 ? 200 : 10)()
    for (let call = 0; call < 500; call++) await settle(operation)
    const p99Ms = calls.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)[495] ?? 0
    expect(p99Ms).toBeLessThan(0.9 * 200)
    const attemptCount = calls.reduce((sum, call) => sum + call.attemptCount, 0)
    expect(attemptCount / calls.length).toBeLessThanOrEqual(1.06)
    await clock.advance(300)
  })

  it.each([{ maxRatio: 0.3 }, { quantile: 0.2 }, { delayMs: 5 }])(
    'refuses %o at construction',
    async (wrong) => {
      await make()
      expect(() => createPipeline({ service: 'a', dependency: 'b', hedge: wrong })).toThrow(
        expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }) as Error,
      )
    },
  )
})
