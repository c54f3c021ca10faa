import { type ClientCall, subscribe } from '@keelson/core/channels'
import { type RequestContext, runWithContext } from '@keelson/core/context'
import { KeelsonError } from '@keelson/core/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pipelineTrial } from '../test/pipeline-trial.ts'
import type { Attempt } from './attempt.ts'

const { clock, make, settle } = pipelineTrial()
let calls: ClientCall[] = []
let unsubscribe = () => {}

beforeEach(() => {
  calls = []
  unsubscribe = subscribe('keelson.client.call', (call) => calls.push(call))
})
afterEach(() => {
  unsubscribe()
})

const down = () => Promise.reject(new KeelsonError('KEELSON_TEST_DOWN', 'Down.', { retryable: true }))
const silence = () => new Promise<never>(() => {})

function context(overrides: Partial<RequestContext> = {}): RequestContext {
  return { requestId: 'request-1', ...overrides }
}

/** An operation that takes a while. */
const taking = (durationMs: number) => () =>
  new Promise<string>((resolve) => clock.setTimeout(() => resolve('done'), durationMs))

describe('a call with little time left', () => {
  it('is not made when none has lately been as fast', async () => {
    const pipeline = make()
    await settle(pipeline, taking(100))
    const operation = vi.fn(taking(100))
    const error = await settle(pipeline, operation, { timeoutMs: 90 })
    expect(error).toMatchObject({
      code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED',
      details: { remainingMs: 90, neededMs: 100 },
    })
    expect(operation).not.toHaveBeenCalled()
    expect(calls.at(-1)).toMatchObject({ outcome: 'timeout', attemptCount: 0 })
    expect(await settle(pipeline, operation, { timeoutMs: 150 })).toBe('done')
  })

  it('is made again after a while: what was fast once may be so again', async () => {
    const pipeline = make()
    await settle(pipeline, taking(100))
    await clock.advance(10_000)
    expect(await settle(pipeline, taking(50), { timeoutMs: 90 })).toBe('done')
  })

  it('begins no retry that cannot end in time', async () => {
    const pipeline = make()
    await settle(pipeline, taking(100))
    const operation = vi.fn(async () => {
      await taking(60)()
      return down()
    })
    const error = await settle(pipeline, operation, { timeoutMs: 150, idempotent: true })
    expect(error).toMatchObject({ code: 'KEELSON_TEST_DOWN' })
    expect(operation).toHaveBeenCalledOnce()
  })
})

describe('the end of a call from outside', () => {
  it('inherits the deadline of the request, less what its own answer needs', async () => {
    const pipeline = make()
    let limitMs = 0
    const hanging = (attempt: Attempt) => {
      limitMs = attempt.limitMs
      return silence()
    }
    const error = await runWithContext(context({ deadline: clock.now() + 300 }), () =>
      settle(pipeline, hanging),
    )
    expect(error).toMatchObject({ code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED' })
    expect(limitMs).toBe(290)
  })

  it('makes no attempt when the deadline has passed', async () => {
    const operation = vi.fn(silence)
    const error = await runWithContext(context({ deadline: clock.now() - 1 }), () =>
      settle(make(), operation),
    )
    expect(error).toMatchObject({ code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED' })
    expect(operation).not.toHaveBeenCalled()
    expect(calls).toMatchObject([{ outcome: 'timeout', attemptCount: 0 }])
  })

  it.each(['request', 'call'])('is cancelled by the signal of the %s, without fallback', async (whose) => {
    const controller = new AbortController()
    const pipeline = make()
    const fallback = vi.fn()
    const reasons: string[] = []
    const hanging = (attempt: Attempt) => {
      attempt.onAbort(({ code }) => reasons.push(code))
      return silence()
    }
    const { signal } = controller
    const outcome = runWithContext(context(whose === 'request' ? { signal } : {}), () =>
      settle(pipeline, hanging, whose === 'call' ? { signal, fallback } : { fallback }),
    )
    await clock.advance(100)
    controller.abort()
    expect(await outcome).toMatchObject({ code: 'KEELSON_RESILIENCE_CANCELLED', statusCode: 499 })
    expect(reasons).toEqual(['KEELSON_RESILIENCE_CANCELLED'])
    expect(fallback).not.toHaveBeenCalled()
    expect(calls).toMatchObject([{ outcome: 'cancelled' }])
  })

  it('makes no attempt for a signal that is aborted already', async () => {
    const operation = vi.fn(silence)
    const error = await settle(make(), operation, { signal: AbortSignal.abort() })
    expect(error).toMatchObject({ code: 'KEELSON_RESILIENCE_CANCELLED' })
    expect(operation).not.toHaveBeenCalled()
  })

  it('still cancels a retry after the operation of the attempt before has ended late', async () => {
    const controller = new AbortController()
    const late: (() => void)[] = []
    const operation = () => new Promise<void>((resolve) => late.push(resolve))
    const outcome = settle(make(), operation, { idempotent: true, signal: controller.signal })
    await clock.advance(1_100)
    expect(late).toHaveLength(2)
    late[0]?.()
    await clock.advance(0)
    controller.abort()
    expect(await outcome).toMatchObject({ code: 'KEELSON_RESILIENCE_CANCELLED' })
  })

  it('begins no retry when it is cancelled in the very moment in which its pause ends', async () => {
    const controller = new AbortController()
    const abortAfter: typeof clock.setTimeout = (callback, delayMs) =>
      clock.setTimeout(() => {
        callback()
        if (delayMs < 100) controller.abort()
      }, delayMs)
    const pipeline = make({ clock: { ...clock, setTimeout: abortAfter } })
    const operation = vi.fn(down)
    const { signal } = controller
    expect(await settle(pipeline, operation, { idempotent: true, signal })).toMatchObject({
      code: 'KEELSON_RESILIENCE_CANCELLED',
    })
    expect(operation).toHaveBeenCalledTimes(1)
  })

  it('does not wait for a place when it is cancelled already', async () => {
    const pipeline = make({ bulkhead: { maxConcurrent: 1, maxQueue: 1 } })
    const first = settle(pipeline, silence)
    const refused = pipeline.run(silence, { signal: AbortSignal.abort() })
    await expect(refused).rejects.toMatchObject({ code: 'KEELSON_RESILIENCE_CANCELLED' })
    expect(calls).toMatchObject([{ outcome: 'cancelled', attemptCount: 0, durationMs: 0 }])
    await first
  })

  it('leaves no listener on a signal that many calls share', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const pipeline = make()
    for (let call = 0; call < 20; call++) await settle(pipeline, () => Promise.resolve(), { signal })
    expect(added).toHaveBeenCalledTimes(20)
    expect(removed).toHaveBeenCalledTimes(20)
    expect(removed.mock.calls[0]?.[1]).toBe(added.mock.calls[0]?.[1])
  })
})
