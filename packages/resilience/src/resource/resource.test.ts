import { subscribe, type ResourceChanged } from '@keelson/core/channels'
import { systemClock } from '@keelson/core/clock'
import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import type { PipelineCall } from '../pipeline-types.ts'
import { createResource, type ResourceOptions } from './resource.ts'
import { checkResourceTuning, type ResourceTuning } from './resource-tuning.ts'

interface Client {
  readonly id: number
}

const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** Something to connect to, that is there or not. */
function setup(options: Partial<ResourceOptions<Client>> = {}) {
  const clock = createFakeClock()
  const server = { isUp: true, hangs: false }
  const connects: number[] = []
  const closed: number[] = []
  const changes: boolean[] = []
  const unsubscribe = subscribe(
    'keelson.resource.changed',
    ({ up }: ResourceChanged) => void changes.push(up),
  )
  let lose: ((error?: unknown) => void) | undefined
  const resource = createResource<Client>({
    service: 'shop',
    name: 'db',
    connect({ lost }) {
      connects.push(clock.monotonic())
      if (server.hangs) return new Promise(() => {})
      if (!server.isUp) throw new Error('refused')
      lose = lost
      return { id: connects.length }
    },
    close: (client) => void closed.push(client.id),
    policy: { breaker: false, bulkhead: false, retry: false },
    clock,
    random: () => 1,
    ...options,
  })
  ends.push(unsubscribe, () => resource.close())
  return { clock, server, connects, closed, changes, resource, lose: (error?: unknown) => lose?.(error) }
}

const unavailable = expect.objectContaining({
  code: 'KEELSON_RESOURCE_UNAVAILABLE',
  retryable: true,
  statusCode: 503,
})

describe('createResource', () => {
  it('connects, runs operations with the client and closes it', async () => {
    const { clock, resource, closed, changes } = setup()
    expect(() => resource.client).toThrow(unavailable)
    expect(await resource.connected()).toEqual({ id: 1 })
    expect(resource.client).toEqual({ id: 1 })
    expect(await resource.run(async ({ id }, { limitMs }) => [id, limitMs])).toEqual([1, 1_000])
    expect(resource.state()).toMatchObject({ status: 'connected', connectCount: 1 })
    await resource.close()
    expect(closed).toEqual([1])
    expect(changes).toEqual([false, true, false])
    expect(resource.state().status).toBe('closed')
    await expect(resource.run(async () => 1)).rejects.toMatchObject({ code: 'KEELSON_RESILIENCE_CLOSED' })
    expect(clock.pendingCount).toBe(0)
  })

  it('tries to connect with growing pauses up to the longest, and at once is there when it can', async () => {
    const { clock, server, connects, resource } = setup({ connectBackoffMs: 100, maxConnectBackoffMs: 1_000 })
    server.isUp = false
    await clock.advance(3_600)
    expect(connects.slice(1)).toEqual([100, 300, 700, 1_500, 2_500, 3_500])
    server.isUp = true
    await clock.advance(1_000)
    expect(resource.state().status).toBe('connected')
  })

  it('gives up an attempt to connect that hangs, and closes what comes after all', async () => {
    const late = Promise.withResolvers<Client>()
    const signals: AbortSignal[] = []
    const { clock, resource, closed } = setup({
      connectTimeoutMs: 500,
      connect({ signal }) {
        signals.push(signal)
        return signals.length === 1 ? late.promise : { id: 2 }
      },
    })
    await clock.advance(499)
    expect(signals[0]?.aborted).toBe(false)
    await clock.advance(101)
    expect(signals[0]?.reason).toEqual(unavailable)
    expect(resource.client).toEqual({ id: 2 })
    late.resolve({ id: 1 })
    await clock.advance(0)
    expect(closed).toEqual([1])
  })

  it('lets operations wait for the first attempt to connect, within the time of an attempt', async () => {
    const connecting = Promise.withResolvers<Client>()
    const { clock, resource } = setup({ connect: () => connecting.promise })
    await clock.advance(50)
    const first = resource.run(async ({ id }) => id)
    const tooLate = resource.run(async ({ id }) => id, { timeoutMs: 10 })
    tooLate.catch(() => undefined)
    await clock.advance(20)
    await expect(tooLate).rejects.toMatchObject({ code: 'KEELSON_RESILIENCE_DEADLINE_EXCEEDED' })
    connecting.resolve({ id: 7 })
    expect(await first).toBe(7)
  })

  it('fails operations at once when the first attempt to connect has failed, and says why', async () => {
    const refused = new Error('refused')
    const connecting = Promise.withResolvers<Client>()
    const { clock, resource } = setup({ connect: () => connecting.promise })
    const waiting = resource.run(async ({ id }) => id).catch((error: unknown) => error)
    connecting.reject(refused)
    expect(await waiting).toEqual(unavailable)
    expect(await waiting).toMatchObject({ cause: refused })
    await expect(resource.run(async ({ id }) => id)).rejects.toMatchObject({ cause: refused })
    expect(await resource.check(new AbortController().signal)).toMatchObject({ error: { cause: refused } })
    expect(clock.monotonic(), 'nobody has waited').toBe(0)
  })

  it('closes a client that was lost, fails operations at once meanwhile, and connects another', async () => {
    const { clock, server, resource, closed, lose, changes } = setup()
    await resource.connected()
    server.isUp = false
    lose(new Error('reset'))
    await clock.advance(0)
    expect(closed).toEqual([1])
    await expect(resource.run(async ({ id }) => id)).rejects.toEqual(unavailable)
    expect(await resource.check(new AbortController().signal)).toMatchObject({
      status: 'down',
      error: unavailable,
    })
    const waiting = resource.connected()
    server.isUp = true
    await clock.advance(1_000)
    expect((await waiting).id).toBeGreaterThan(1)
    expect(resource.state()).toMatchObject({ status: 'connected', connectCount: 2 })
    expect(changes).toEqual([false, true, false, true])
  })

  it('pauses longer and longer for a connection that is lost as soon as it is made', async () => {
    const { clock, connects, lose } = setup({ connectBackoffMs: 100, maxConnectBackoffMs: 1_000 })
    for (let step = 0; step < 400; step++) {
      lose()
      await clock.advance(10)
    }
    expect(connects.length).toBeLessThan(9)
  })

  it('counts only outages in the breaker, and makes only what is idempotent again', async () => {
    const { resource } = setup({
      isOutage: (error) => error instanceof Error && error.message === 'gone',
      policy: { bulkhead: false, retry: { maxRetries: 1, backoffMs: 0 }, breaker: { minimumThroughput: 4 } },
      clock: systemClock,
    })
    const tried: string[] = []
    const fail = (message: string, idempotent: boolean) =>
      resource
        .run(
          async () => {
            tried.push(message)
            throw new Error(message)
          },
          { idempotent },
        )
        .catch((error: Error & { code?: string }) => error.code ?? error.message)
    for (let call = 0; call < 20; call++) expect(await fail('duplicate key', true)).toBe('duplicate key')
    expect(tried).toHaveLength(20)
    expect(await fail('gone', false)).toBe('KEELSON_RESOURCE_FAILED')
    expect(await fail('gone', true)).toBe('KEELSON_RESOURCE_FAILED')
    expect(tried).toHaveLength(23)
    for (let call = 0; call < 30; call++) await fail('gone', false)
    expect(await fail('gone', false)).toBe('KEELSON_RESILIENCE_CIRCUIT_OPEN')
  })

  it('gives the caller an outage as such, with its cause, and everything else as it was thrown', async () => {
    const { resource } = setup({ isOutage: (error) => (error as Error).message === 'gone' }) // all of them are errors
    await resource.connected()
    const thrown = (cause: unknown, call?: PipelineCall<unknown>) =>
      resource.run(() => Promise.reject(cause), call).catch((reason: unknown) => reason)
    const gone = new Error('gone')
    expect(await thrown(gone)).toMatchObject({
      code: 'KEELSON_RESOURCE_FAILED',
      statusCode: 503,
      cause: gone,
    })
    expect(await thrown(gone, { fallback: async (failure) => (failure as Error).cause })).toBe(gone)
    const duplicate = new Error('duplicate key')
    expect(await thrown(duplicate)).toBe(duplicate)
    const own = new KeelsonError('KEELSON_TEST_OWN', 'gone')
    expect(await thrown(own)).toBe(own)
    const { resource: plain } = setup()
    await plain.connected()
    expect(await plain.run(() => Promise.reject(gone)).catch((error: unknown) => error)).toBe(gone)
  })

  it('is up only when it is connected and its check passes', async () => {
    let error: Error | undefined
    const { resource } = setup({
      check: async () => {
        if (error !== undefined) throw error
      },
    })
    const { signal } = new AbortController()
    expect(await resource.check(signal), 'waits for the connection that is being made').toEqual({
      status: 'up',
    })
    error = new Error('read only')
    expect(await resource.check(signal)).toEqual({ status: 'down', error })
  })

  it('is down when it is not connected by the end of the check', async () => {
    const { resource, clock } = setup({ connect: () => new Promise(() => {}) })
    const limit = new AbortController()
    const result = resource.check(limit.signal)
    const late = new Error('too late')
    await clock.advance(500)
    limit.abort(late)
    expect(await result).toEqual({ status: 'down', error: late })
  })

  it('ends while it tries to connect, and rejects those who wait', async () => {
    const { resource, server, clock } = setup()
    server.hangs = true
    server.isUp = false
    await clock.advance(0)
    const waiting = resource.connected()
    waiting.catch(() => undefined)
    await resource.close()
    await expect(waiting).rejects.toEqual(unavailable)
    expect(clock.pendingCount).toBe(0)
  })

  it('takes other numbers for its policy without losing its client or what its breaker remembers', async () => {
    const { resource, connects, closed } = setup({
      policy: { bulkhead: false, retry: false, breaker: { minimumThroughput: 10 } },
    })
    await resource.connected()
    const fail = () => resource.run(() => Promise.reject(new Error('gone'))).catch((error: Error) => error)
    for (let call = 0; call < 5; call++) await fail()
    expect(resource.state().breaker).toBe('closed')
    resource.update({ policy: { bulkhead: false, retry: false, breaker: { minimumThroughput: 6 } } })
    await fail()
    expect(resource.state().breaker).toBe('open')
    resource.update({ policy: { breaker: false, attemptTimeoutMs: 77 } })
    expect(await resource.run(async (_client, { limitMs }) => limitMs)).toBe(77)
    resource.update({})
    expect(resource.state().breaker, 'what is left out is as by default').toBeDefined()
    expect([connects.length, closed]).toEqual([1, []])
  })

  it('shortens a pause between attempts to connect that the new numbers would not have', async () => {
    const { clock, server, connects, resource } = setup({
      connectBackoffMs: 60_000,
      maxConnectBackoffMs: 600_000,
    })
    server.isUp = false
    await clock.advance(10_000)
    const attempts = connects.length
    resource.update({ connectBackoffMs: 100, maxConnectBackoffMs: 11_000, connectTimeoutMs: 50 })
    await clock.advance(0)
    expect(connects, 'at once, as it has waited for longer').toHaveLength(attempts + 1)
    server.hangs = true
    await clock.advance(400)
    expect(resource.settings).toMatchObject({ connectTimeoutMs: 50, checkIntervalMs: 5_000 })
    server.hangs = false
    server.isUp = true
    await clock.advance(1_000)
    expect(resource.state().status).toBe('connected')
    await resource.close()
    resource.update({ connectBackoffMs: 1 })
    await clock.advance(1_000)
    expect(resource.state().status).toBe('closed')
  })

  it.each([
    [{ checkTimeoutMs: 1 }, 'resource.checkTimeoutMs'],
    [{ connectBackoffMs: 200, maxConnectBackoffMs: 100 }, 'resource.maxConnectBackoffMs'],
    [{ policy: { breaker: { failureRatio: 7 } } }, 'circuitBreaker.failureRatio'],
    [{ policy: { profile: 'remote' } }, 'resource.policy.profile'],
    [{ url: 'redis://a' }, 'resource.url'],
  ])('refuses to change to %j, names %s, and stays as it was', async (tuning, path) => {
    const { resource } = setup()
    expect(() => checkResourceTuning(tuning as ResourceTuning)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ path }) }),
    )
    const before = resource.settings
    if (path !== 'resource.policy.profile') {
      expect(() => resource.update(tuning as ResourceTuning)).toThrow(
        expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }),
      )
    }
    expect(resource.settings).toBe(before)
  })

  it.each([{ connectTimeoutMs: 0 }, { connect: 1 }, { retries: 3 }])('refuses the options %j', (options) => {
    expect(() => setup(options as object)).toThrow(
      expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }),
    )
  })
})
