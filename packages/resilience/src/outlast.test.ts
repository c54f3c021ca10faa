import { type ClientAttempt, subscribe } from '@keelson/core/channels'
import { KeelsonError } from '@keelson/core/errors'
import { describe, expect, it } from 'vitest'
import { pipelineTrial } from '../test/pipeline-trial.ts'
import type { Attempt } from './attempt.ts'
import type { Pipeline } from './pipeline-types.ts'

const { clock, make, settle: settleCall } = pipelineTrial()

const down = () => new KeelsonError('KEELSON_TEST_DOWN', 'Down.', { retryable: true })

/** Waits in the time of the clock. */
const pause = (durationMs: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, durationMs))

const settle = (pipeline: Pipeline, operation: (attempt: Attempt) => Promise<unknown>, timeoutMs?: number) =>
  settleCall(pipeline, operation, { idempotent: true, timeoutMs })

async function stream(attempt: Attempt): Promise<void> {
  attempt.outlast()
  await pause(10)
}

describe('repeatable', () => {
  it.each([
    [true, 2],
    [false, 1],
  ])('%s makes %i attempts of a call that could be made again', async (repeatable, count) => {
    let begun = 0
    await settle(make(), async (attempt) => {
      begun += 1
      attempt.repeatable = repeatable
      throw down()
    })
    expect(begun).toBe(count)
  })
})

describe('an operation that throws at once', () => {
  it('fails as one that rejects: made again, counted, and no limit left running', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 2 } })
    let begun = 0
    const error = await settle(pipeline, () => {
      begun += 1
      throw down()
    })
    expect(error).toMatchObject({ code: 'KEELSON_TEST_DOWN' })
    expect(begun).toBe(2)
    expect(clock.pendingCount, 'the open time of the breaker alone').toBe(1)
    expect(pipeline.state()).toMatchObject({ breaker: 'open', inFlight: 0 })
  })
})

describe('outlast', () => {
  it('lifts the limit of the attempt, which counts as lasting until then', async () => {
    const facts: ClientAttempt[] = []
    const unsubscribe = subscribe('keelson.client.attempt', (fact) => facts.push(fact))
    const durations: number[] = []
    const result = await settle(make({ attemptTimeoutMs: 100, timeoutMs: 2_000 }), async (attempt) => {
      attempt.onEnd((_ended, durationMs) => durations.push(durationMs))
      await pause(50)
      attempt.outlast()
      await pause(500)
      attempt.outlast()
      return 'done'
    })
    unsubscribe()
    expect(result).toBe('done')
    expect(durations).toEqual([50])
    expect(facts).toMatchObject([{ outcome: 'success', durationMs: 550 }])
  })

  it('leaves the deadline of the call, which says nothing about the dependency', async () => {
    const pipeline = make({ attemptTimeoutMs: 100, breaker: { minimumThroughput: 1 } })
    const reasons: string[] = []
    const error = await settle(
      pipeline,
      async (attempt) => {
        attempt.onAbort(({ code }) => reasons.push(code))
        attempt.outlast()
        await pause(1_000)
      },
      300,
    )
    expect(error).toMatchObject({ code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED' })
    expect(reasons).toEqual(['KEELSON_RESILIENCE_DEADLINE_EXCEEDED'])
    expect(pipeline.state().breaker).toBe('closed')
    await clock.advance(1_000)
  })

  it('decides a probe of the breaker: nobody waits for the end of a stream', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 1, rampMs: 0 }, retry: false, timeoutMs: false })
    await settle(pipeline, () => Promise.reject(down()))
    await clock.advance(250)
    const streams = [200, 404, undefined].map((statusCode) =>
      pipeline.run(async (attempt) => {
        attempt.statusCode = statusCode
        attempt.outlast()
        await pause(60_000)
        throw down()
      }),
    )
    const ends = Promise.allSettled(streams)
    await clock.advance(0)
    expect(pipeline.state().breaker).toBe('closed')
    await clock.advance(60_000)
    await ends
    expect(pipeline.state().breaker, 'they were of the half-open time, and have been counted').toBe('closed')
  })

  it('counts once in the breaker, not at the beginning of the answer and at its end', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 1, rampMs: 0 }, retry: false })
    await settle(pipeline, () => Promise.reject(down()))
    await clock.advance(250)
    await settle(pipeline, stream)
    await settle(pipeline, stream)
    expect(pipeline.state().breaker, 'two of three probes').toBe('half-open')
    await settle(pipeline, stream)
    expect(pipeline.state().breaker).toBe('closed')
  })

  it('does not decide it for an answer that is a failure', async () => {
    const pipeline = make({ breaker: { minimumThroughput: 1, rampMs: 0 }, retry: false, timeoutMs: false })
    await settle(pipeline, () => Promise.reject(down()))
    await clock.advance(250)
    const failing = pipeline.run(async (attempt) => {
      attempt.statusCode = 500
      attempt.outlast()
      await pause(1_000)
      throw down()
    })
    const ended = failing.catch(() => 'failed')
    await clock.advance(999)
    expect(pipeline.state().breaker).toBe('half-open')
    await clock.advance(1)
    await ended
    expect(pipeline.state().breaker).toBe('open')
  })

  it('does nothing where there is no limit, and after the end', async () => {
    let kept: Attempt | undefined
    await settle(make({ attemptTimeoutMs: false, timeoutMs: false }), async (attempt) => {
      kept = attempt
      attempt.outlast()
      await pause(10)
    })
    kept?.outlast()
    expect(clock.pendingCount).toBe(0)
  })
})
