import { runWithContext } from '@keelson/core/context'
import { describe, expect, it } from 'vitest'
import { pipelineTrial } from '../test/pipeline-trial.ts'
import type { Attempt } from './attempt.ts'
import type { Pipeline } from './pipeline-types.ts'

const { clock, make } = pipelineTrial()

const blackHole = () => new Promise<never>(() => {})
const shed = () => Promise.reject(new Error('shed'))
const taking = (durationMs: number) => (attempt: Attempt) =>
  new Promise<void>((resolve) => {
    const timer = clock.setTimeout(() => resolve(), durationMs)
    attempt.onAbort(() => clock.clearTimeout(timer))
  })

interface Load {
  readonly operation: (attempt: Attempt) => Promise<unknown>
  /** What the callers bring, in milliseconds. */
  readonly deadlineMs: number
  readonly everyMs: number
  readonly forMs: number
  /** Called before each call, in the load's own time. */
  readonly beside?: (atMs: number) => void
}

/** Calls at a steady rate for requests that have a deadline; gives how long each waited for its error or answer. */
async function load(
  pipeline: Pipeline,
  { operation, deadlineMs, everyMs, forMs, beside }: Load,
): Promise<number[]> {
  const waitedMs: number[] = []
  for (let atMs = 0; atMs < forMs; atMs += everyMs) {
    beside?.(atMs)
    const startedAt = clock.monotonic()
    const end = () => waitedMs.push(clock.monotonic() - startedAt)
    // 10 ms of what a request has are kept for its own answer.
    const deadline = clock.now() + deadlineMs + 10
    runWithContext({ requestId: 'request-1', deadline }, () => void pipeline.run(operation).then(end, end))
    await clock.advance(everyMs)
  }
  await clock.advance(deadlineMs)
  return waitedMs
}

const healthy: Load = { operation: taking(20), deadlineMs: 400, everyMs: 20, forMs: 2_000 }

describe('callers that bring less time than an attempt may take', () => {
  it('wait for a black hole for one window of the breaker, then no more', async () => {
    const pipeline = make()
    await load(pipeline, healthy)
    const first = await load(pipeline, { ...healthy, operation: blackHole, forMs: 9_000 })
    expect([pipeline.state().breaker, Math.min(...first)]).toEqual(['closed', 400])
    await load(pipeline, { ...healthy, operation: blackHole, forMs: 3_000 })
    const later = await load(pipeline, { ...healthy, operation: blackHole, forMs: 20_000 })
    expect(pipeline.state().breaker).not.toBe('closed')
    // The probes of each second wait, nobody else.
    expect(later.filter((waitedMs) => waitedMs > 0).length / later.length).toBeLessThan(0.1)
  })

  it('are served again as soon as the dependency is back', async () => {
    const pipeline = make()
    await load(pipeline, healthy)
    await load(pipeline, { ...healthy, operation: blackHole, forMs: 15_000 })
    expect(pipeline.state().breaker).not.toBe('closed')
    await load(pipeline, { ...healthy, forMs: 5_000 })
    expect(pipeline.state().breaker).toBe('closed')
  })

  it('cannot open the breaker for others with less time than answers take: 10,000 of them', async () => {
    const pipeline = make({ bulkhead: false })
    await load(pipeline, healthy)
    // For 10 s they are not even tried, as hopeless; then, for three windows, nobody else calls and nobody is answered.
    await load(pipeline, { operation: taking(20), deadlineMs: 15, everyMs: 2, forMs: 32_000 })
    expect(pipeline.state().breaker).toBe('closed')
    const alone = pipeline.run(taking(20))
    await clock.advance(20)
    await alone
  })

  it('cannot open it either while somebody is answered, once in a window', async () => {
    const pipeline = make({ bulkhead: false })
    await load(pipeline, healthy)
    const slow = taking(450)
    let answeredCount = 0
    const beside = (atMs: number) => {
      if (atMs % 9_000 === 0) void pipeline.run(slow).then(() => (answeredCount += 1))
    }
    await load(pipeline, { operation: slow, deadlineMs: 400, everyMs: 20, forMs: 40_000, beside })
    expect(answeredCount).toBe(5)
    expect(pipeline.state().breaker).toBe('closed')
  })

  it('do not count where an answer came that the caller could not use', async () => {
    const pipeline = make({
      bulkhead: false,
      classify: () => ({ breaker: 'neutral', retry: 'never', outcome: 'rejected' }),
    })
    await load(pipeline, healthy)
    const beside = (atMs: number) => {
      if (atMs % 9_000 === 0) void pipeline.run(shed).catch(() => undefined)
    }
    await load(pipeline, { operation: blackHole, deadlineMs: 400, everyMs: 20, forMs: 30_000, beside })
    expect(pipeline.state().breaker).toBe('closed')
  })

  it('that leave, rather than run out of time, count for nothing: 10,000 of them', async () => {
    const pipeline = make({ bulkhead: false })
    await load(pipeline, healthy)
    for (let call = 0; call < 10_000; call++) {
      const leaving = new AbortController()
      const left = pipeline.run(blackHole, { signal: leaving.signal }).catch(() => undefined)
      await clock.advance(2)
      leaving.abort()
      await left
    }
    expect(pipeline.state().breaker).toBe('closed')
  })
})
