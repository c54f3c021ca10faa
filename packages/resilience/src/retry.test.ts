import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, it, vi } from 'vitest'
import { retry, type RetryOptions, type RetryResult } from './retry.ts'
import { retryBudget } from './retry-budget.ts'

const temporary = () => new KeelsonError('KEELSON_TEST_TEMPORARY', 'Down for now.', { retryable: true })

/** A dependency that says when it wants to be called again. */
const askFor = (retryAfterMs: number) => () => ({ retryable: true, retryAfterMs })

/** Runs a retry whose operation fails as often as said, with time moved on as it waits. */
async function attempt(failureCount: number, options: RetryOptions = {}, error: () => unknown = temporary) {
  const clock = createFakeClock()
  const startedAt = clock.monotonic()
  const beganMs: number[] = []
  const results: [RetryResult, number][] = []
  const outcome = retry(
    (index) => {
      beganMs.push(clock.monotonic() - startedAt)
      return index < failureCount ? Promise.reject(error()) : Promise.resolve(`done at ${index}`)
    },
    { clock, random: () => 1, onRetry: (result, delayMs) => results.push([result, delayMs]), ...options },
  ).then(
    (value) => value,
    (thrown: unknown) => thrown,
  )
  await clock.advance(60_000)
  expect(clock.pendingCount).toBe(0)
  return { outcome: await outcome, beganMs, results }
}

describe('retry', () => {
  it('makes a call again that is said to be retryable, once by default', async () => {
    expect(await attempt(1)).toMatchObject({ outcome: 'done at 1', beganMs: [0, 10] })
    expect(await attempt(2)).toMatchObject({ outcome: { code: 'KEELSON_TEST_TEMPORARY' }, beganMs: [0, 10] })
  })

  it('does not make a call again that nobody said is retryable', async () => {
    const { outcome, results } = await attempt(1, {}, () => new TypeError('a bug'))
    expect(outcome).toBeInstanceOf(TypeError)
    expect(results).toEqual([['not-retryable', 0]])
  })

  it('waits 0–10 ms before the first retry, then a random part of a doubling time', async () => {
    const { beganMs } = await attempt(5, { maxRetries: 5 })
    expect(beganMs).toEqual([0, 10, 60, 160, 360, 760])
    expect((await attempt(5, { maxRetries: 5, random: () => 0 })).beganMs).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('never waits longer than maxBackoffMs', async () => {
    const { beganMs } = await attempt(4, { maxRetries: 4, maxBackoffMs: 20 })
    expect(beganMs).toEqual([0, 10, 30, 50, 70])
  })

  it('waits as long as the dependency asks for', async () => {
    const verdict = askFor(2_000)
    expect((await attempt(1, { verdict })).beganMs).toEqual([0, 2_000])
  })

  it('gives up when the dependency asks for more than five seconds', async () => {
    const verdict = askFor(5_100)
    const { outcome, results } = await attempt(1, { verdict })
    expect(outcome).toMatchObject({ code: 'KEELSON_TEST_TEMPORARY' })
    expect(results).toEqual([['deadline', 0]])
  })

  it('begins no retry that could not start before the deadline', async () => {
    const verdict = askFor(500)
    const deadline = createFakeClock().now() + 400
    const { beganMs, results } = await attempt(1, { verdict, deadline })
    expect(beganMs).toEqual([0])
    expect(results).toEqual([['deadline', 0]])
  })

  it('throws the original error when the budget is used up', async () => {
    const budget = retryBudget({ clock: createFakeClock(), maxTokens: 0 })
    const { outcome, results } = await attempt(1, { budget })
    expect(outcome).toMatchObject({ code: 'KEELSON_TEST_TEMPORARY' })
    expect(results).toEqual([['exhausted', 0]])
  })

  it('ends its pause when the signal is aborted', async () => {
    const clock = createFakeClock()
    const controller = new AbortController()
    const outcome = retry(() => Promise.reject(temporary()), {
      clock,
      random: () => 1,
      signal: controller.signal,
    }).catch((error: unknown) => error)
    await clock.advance(5)
    controller.abort(new Error('the caller left'))
    expect(await outcome).toMatchObject({
      code: 'KEELSON_RESILIENCE_CANCELLED',
      cause: { message: 'the caller left' },
    })
    expect(clock.pendingCount).toBe(0)
  })

  it('does not call again when the signal was aborted during the call', async () => {
    const controller = new AbortController()
    const operation = vi.fn(() => {
      controller.abort()
      return Promise.reject(temporary())
    })
    const { signal } = controller
    await expect(retry(operation, { clock: createFakeClock(), signal })).rejects.toMatchObject({
      code: 'KEELSON_TEST_TEMPORARY',
    })
    expect(operation).toHaveBeenCalledTimes(1)
  })

  it('refuses options that it does not know, synchronously', () => {
    const options = { attempts: 3 } as RetryOptions // deliberately wrong
    expect(() => retry(() => Promise.resolve(), options)).toThrow(
      expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }) as Error,
    )
  })
})
