import { type BreakerChanged, type ClientAttempt, subscribe } from '@keelson/core/channels'
import { createFaultServer, type FaultServer } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClient } from '../src/index.ts'

let server: FaultServer
let client: HttpClient
let ends: (() => void)[] = []

beforeEach(async () => {
  server = await createFaultServer({ body: 'real' })
  client = createHttpClient({ service: 'delivery', dependency: 'catalog', target: server.url })
})
afterEach(async () => {
  for (const end of ends.splice(0)) end()
  await server.close()
  await client.close()
})

/** Calls at a steady rate until it is stopped; a slow answer delays no other call. */
function startLoad(intervalMs: number) {
  const answers: { readonly body: unknown; readonly startedAt: number; readonly durationMs: number }[] = []
  const running = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const startedAt = performance.now()
    const call = client
      .get('/videos', { fallback: () => 'fallback' })
      .then((body) => {
        answers.push({ body, startedAt, durationMs: performance.now() - startedAt })
        return undefined
      })
      .finally(() => running.delete(call))
    running.add(call)
  }, intervalMs)
  return {
    answers,
    async stop() {
      clearInterval(timer)
      await Promise.all(running)
    },
  }
}

/** Whether it took the time of an attempt or more. */
function isSlow({ durationMs }: { readonly durationMs: number }): boolean {
  return durationMs >= 1_000
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition() && performance.now() < deadline) await wait(5)
}

describe('a dependency that dies under load', () => {
  it('is answered for by the fallback from the first failed call on, opens the breaker, and is back soon after', async () => {
    const changes: (BreakerChanged & { readonly at: number })[] = []
    const attempts: ClientAttempt[] = []
    ends = [
      subscribe('keelson.breaker.changed', (change) => changes.push({ ...change, at: performance.now() })),
      subscribe('keelson.client.attempt', (attempt) => attempts.push(attempt)),
    ]
    const load = startLoad(5)
    // Before the client is closed, also where the test fails.
    ends.push(() => void load.stop())
    await until(() => load.answers.length >= 300)
    expect(load.answers.every(({ body }) => body === 'real')).toBe(true)

    attempts.length = 0
    await server.kill()
    await until(() => changes.some(({ to }) => to === 'open'))
    const failedCount = attempts.filter(({ outcome }) => outcome === 'failure').length
    // 225–231 on 2 cores at 200 calls/s with one retry: a second of failures, whatever succeeded before.
    expect(failedCount, 'attempts that failed before it opened').toBeLessThanOrEqual(1_000)
    await wait(1_000)
    const attemptsWhileOpen = attempts.length - failedCount

    await server.revive()
    const revivedAt = performance.now()
    await until(() => changes.at(-1)?.to === 'closed')
    const closedAfterMs = (changes.at(-1)?.at ?? Infinity) - revivedAt
    // One to three seconds; the bench holds five.
    expect(closedAfterMs, 'time until it closed').toBeLessThan(15_000)

    const answeredBefore = load.answers.length
    await until(() => load.answers.length >= answeredBefore + 50)
    await load.stop()
    expect(load.answers.at(-1)?.body).toBe('real')
    const fallbacks = load.answers.filter(({ body }) => body === 'fallback')
    // None waits for a time-out, the first least of all: what takes longer has waited for the machine.
    expect(fallbacks.slice(0, 20).filter(isSlow).length, 'slow ones of the first 20').toBeLessThan(5)
    expect(fallbacks.filter(isSlow).length, 'slow ones of all').toBeLessThan(fallbacks.length / 20)
    expect(new Set(load.answers.map(({ body }) => body))).toEqual(new Set(['real', 'fallback']))
    expect(attemptsWhileOpen, 'attempts in a second of outage once open, of some 200 calls').toBeLessThan(60)
  })
})
