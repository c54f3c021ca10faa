import { type ClientCall, subscribe } from '@keelson/core/channels'
import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Attempt } from './attempt.ts'
import { createPipeline } from './pipeline.ts'
import type { Pipeline } from './pipeline-types.ts'

const clock = createFakeClock()
let pipeline: Pipeline
let calls: ClientCall[] = []
let attempts: {
  readonly attempt: Attempt
  readonly end: (value: number) => void
  readonly fail: () => void
}[] = []
let unsubscribe = (): void => {}

beforeAll(() => import('./opossum-adapter.ts'))
beforeEach(() => {
  calls = []
  attempts = []
  unsubscribe = subscribe('keelson.client.call', (call) => calls.push(call))
  pipeline = createPipeline({ service: 'delivery', dependency: 'catalog', clock, attemptTimeoutMs: 500 })
})
afterEach(async () => {
  unsubscribe()
  await pipeline.close()
  expect(clock.pendingCount, 'timers left behind').toBe(0)
})

function read(attempt: Attempt): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new KeelsonError('KEELSON_TEST_DOWN', 'Down.'))
    attempts.push({ attempt, end: resolve, fail })
  })
}

const receive = (value: number) => ({ value })

const show = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => (error as KeelsonError).code) // every failure of these tests has one

describe('runShared', () => {
  it('makes one attempt for calls of one key, each of which receives for itself', async () => {
    const both = [1, 2].map(() => pipeline.runShared('a', read, receive))
    const other = pipeline.runShared('b', read, receive)
    await clock.advance(10)
    expect(attempts).toHaveLength(2)
    attempts[0]?.end(7)
    attempts[1]?.end(8)
    const [first, second] = await Promise.all(both)
    expect([first, second, await other]).toEqual([{ value: 7 }, { value: 7 }, { value: 8 }])
    expect(first).not.toBe(second)
    expect(calls.map(({ outcome, attemptCount }) => [outcome, attemptCount])).toEqual([
      ['success', 1],
      ['success', 0],
      ['success', 1],
    ])
  })

  it('begins anew when the one before has ended, also by a failure, which all of them see', async () => {
    const both = [1, 2].map(() => show(pipeline.runShared('a', read, String)))
    await clock.advance(0)
    attempts[0]?.fail()
    expect(await Promise.all(both)).toEqual(['KEELSON_TEST_DOWN', 'KEELSON_TEST_DOWN'])
    const next = pipeline.runShared('a', read, String)
    await clock.advance(0)
    attempts[1]?.end(9)
    expect(await next).toBe('9')
  })

  it('goes on for the others when the first caller leaves or has no more time', async () => {
    const controller = new AbortController()
    const first = show(pipeline.runShared('a', read, String, { signal: controller.signal }))
    const second = show(pipeline.runShared('a', read, String, { timeoutMs: 50 }))
    const third = show(pipeline.runShared('a', read, String))
    await clock.advance(10)
    controller.abort()
    expect(await first).toBe('KEELSON_RESILIENCE_CANCELLED')
    await clock.advance(50)
    expect(await second).toBe('KEELSON_RESILIENCE_DEADLINE_EXCEEDED')
    expect(attempts[0]?.attempt.signal.aborted).toBe(false)
    attempts[0]?.end(7)
    expect(await third).toBe('7')
    expect(calls.map(({ outcome }) => outcome)).toEqual(['cancelled', 'timeout', 'success'])
  })

  it('is cancelled when all callers have left, and a later call begins its own', async () => {
    const controller = new AbortController()
    const left = [1, 2].map(() => show(pipeline.runShared('a', read, String, { signal: controller.signal })))
    await clock.advance(10)
    controller.abort()
    expect(await Promise.all(left)).toEqual(['KEELSON_RESILIENCE_CANCELLED', 'KEELSON_RESILIENCE_CANCELLED'])
    expect(attempts[0]?.attempt.signal.aborted).toBe(true)
    const later = pipeline.runShared('a', read, String)
    await clock.advance(0)
    attempts[1]?.end(8)
    expect(await later).toBe('8')
  })

  it('asks the fallback of each call', async () => {
    const call = pipeline.runShared('a', read, String, { fallback: () => 'first' })
    const second = pipeline.runShared('a', read, String, { fallback: () => 'second' })
    await clock.advance(0)
    attempts[0]?.fail()
    expect(await Promise.all([call, second])).toEqual(['first', 'second'])
  })
})
