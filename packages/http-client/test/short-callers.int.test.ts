import { runWithContext } from '@keelson/core/context'
import { isKeelsonError } from '@keelson/core/errors'
import { createFaultServer, type FaultServer } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClient } from '../src/index.ts'

/** What each caller brings, in milliseconds, 10 of which are kept for its own answer; an attempt may take 1,000. */
const deadlineMs = 410

let server: FaultServer
let client: HttpClient

beforeEach(async () => {
  server = await createFaultServer()
  client = createHttpClient({
    service: 'delivery',
    dependency: 'catalog',
    target: server.url,
    // On a machine whose timers are late most attempts count for nothing: few must be enough.
    breaker: { samplingMs: 2_000, minimumThroughput: 5 },
  })
})
afterEach(async () => {
  await server.close()
  await client.close()
})

interface Ended {
  readonly code: string
  readonly durationMs: number
}

/** One call for a request with a deadline. */
async function call(): Promise<Ended> {
  const startedAt = performance.now()
  const ended = (code: string): Ended => ({ code, durationMs: performance.now() - startedAt })
  const deadline = Date.now() + deadlineMs
  return runWithContext({ requestId: 'request-1', deadline }, () =>
    client.get('/videos').then(
      () => ended('answered'),
      (error: unknown) => ended(isKeelsonError(error) ? error.code : 'other'),
    ),
  )
}

/** Calls every 10 ms until it holds; gives how they ended, in the order in which they did. */
async function callUntil(holds: () => boolean): Promise<readonly Ended[]> {
  const all: Ended[] = []
  const running = new Set<Promise<void>>()
  const giveUpAt = performance.now() + 30_000
  while (!holds() && performance.now() < giveUpAt) {
    const one = call().then((ended) => {
      all.push(ended)
      running.delete(one)
      return undefined
    })
    running.add(one)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await Promise.all(running)
  return all
}

/** Makes known how long answers take: a few slow ones of a busy machine are no more than 1 %. */
async function warmUp(): Promise<void> {
  for (let answer = 0; answer < 400; answer++) await client.get('/videos')
}

describe('callers that all bring less time than an attempt may take', () => {
  it('are refused at once by a breaker when nobody is answered, and served again afterwards', async () => {
    await warmUp()
    server.behave({ fault: 'black-hole' })
    const waiting = await callUntil(() => client.state().breaker === 'open')
    expect(client.state().breaker).not.toBe('closed')
    expect(new Set(waiting.map(({ code }) => code))).toContain('KEELSON_RESILIENCE_DEADLINE_EXCEEDED')

    const until = performance.now() + 2_000
    const later = await callUntil(() => performance.now() > until)
    const refused = later.filter(({ code }) => code === 'KEELSON_RESILIENCE_CIRCUIT_OPEN')
    expect(refused.length / later.length).toBeGreaterThan(0.8)

    server.behave({})
    await callUntil(() => client.state().breaker === 'closed')
    expect((await call()).code).toBe('answered')
  })

  it('keep a breaker closed as long as one of them is answered now and then', async () => {
    await warmUp()
    server.behave(({ sequence }) => (sequence % 20 === 0 ? {} : { fault: 'black-hole' }))
    const until = performance.now() + 6_000
    const all = await callUntil(() => performance.now() > until)
    expect(all.filter(({ code }) => code === 'KEELSON_RESILIENCE_CIRCUIT_OPEN')).toEqual([])
    expect(client.state().breaker).toBe('closed')
  })
})
