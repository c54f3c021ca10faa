import { subscribe, type ResourceChanged, type ResourceConnected } from '@keelson/core/channels'
import { createFakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createResource, type ResourceOptions } from './resource.ts'

/** What stands behind a client: whether it answers, refuses or says nothing. */
interface Client {
  readonly id: number
  mode: 'up' | 'down' | 'hung'
  openCount: number
}

const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const hung = () => new Promise<never>(() => {})

/** A resource whose clients and whose server a test breaks. */
function setup(options: Partial<ResourceOptions<Client>> = {}) {
  const clock = createFakeClock()
  const server = { isUp: true }
  const clients: Client[] = []
  const closed: number[] = []
  const results: string[] = []
  const changes: boolean[] = []
  ends.push(
    subscribe('keelson.resource.changed', ({ up }: ResourceChanged) => void changes.push(up)),
    subscribe('keelson.resource.connected', ({ result }: ResourceConnected) => void results.push(result)),
  )
  const resource = createResource<Client>({
    service: 'shop',
    name: 'db',
    connect() {
      if (!server.isUp) throw new Error('refused')
      const client: Client = { id: clients.length + 1, mode: 'up', openCount: 0 }
      clients.push(client)
      return client
    },
    async check(client) {
      client.openCount += 1
      if (client.mode === 'hung') await hung()
      client.openCount -= 1
      if (client.mode === 'down') throw new Error('channel closed')
    },
    close: (client) => void closed.push(client.id),
    policy: { breaker: false, bulkhead: false, retry: false, attemptTimeoutMs: false, timeoutMs: false },
    clock,
    random: () => 1,
    ...options,
  })
  ends.push(() => resource.close())
  const { checkTimeoutMs } = resource.settings
  const first = (): Client => {
    const [client] = clients
    if (client === undefined) throw new Error('It has not connected yet.')
    return client
  }
  /** Checks as the health of a service does: with an end. */
  const check = async () => {
    const limit = new AbortController()
    const result = resource.check(limit.signal)
    const timer = clock.setTimeout(() => limit.abort(new Error('no answer')), checkTimeoutMs)
    await clock.advance(0)
    await clock.advance(checkTimeoutMs)
    clock.clearTimeout(timer)
    await clock.advance(0)
    return (await result).status
  }
  return { clock, server, clients, closed, results, changes, resource, check, first }
}

describe('a client whose checks fail', () => {
  it.each(['down', 'hung'] as const)('gives way to another when three in a row are %s', async (mode) => {
    const { clients, closed, changes, resource, check, clock, first } = setup()
    await resource.connected()
    first().mode = mode
    expect([await check(), await check()]).toEqual(['down', 'down'])
    expect(clients).toHaveLength(1)
    expect(await check()).toBe('down')
    await clock.advance(resource.settings.checkTimeoutMs)
    expect([resource.client.id, closed, resource.state().connectCount]).toEqual([2, [1], 2])
    expect(changes, 'there was a client at every moment').toEqual([false, true])
    expect(await check()).toBe('up')
  })

  it('stays while the server is away, and when it works again by itself', async () => {
    const { clients, closed, server, resource, check, clock, results, first } = setup()
    await resource.connected()
    first().mode = 'down'
    server.isUp = false
    for (let run = 0; run < 5; run++) await check()
    expect(results.filter((result) => result === 'failure').length).toBeGreaterThan(1)
    first().mode = 'up'
    server.isUp = true
    await clock.advance(10_000)
    expect(resource.client.id, 'asked once more before it is given up').toBe(1)
    expect(closed, 'and so is the other one').toEqual([2])
    expect(await check()).toBe('up')
    expect(clients).toHaveLength(2)
  })

  it('is not asked again and again while its checks hang, each of which holds a connection', async () => {
    const { server, resource, check, first } = setup({ maxFailedChecks: 4 })
    await resource.connected()
    first().mode = 'hung'
    server.isUp = false
    for (let run = 0; run < 20; run++) expect(await check()).toBe('down')
    expect(first().openCount).toBe(4)
  })

  it('is replaced less and less often when that brings no check that succeeds', async () => {
    const { clients, resource, check } = setup({
      check: () => Promise.reject(new Error('permission denied')),
    })
    await resource.connected()
    const replacedAt: number[] = []
    for (let run = 1; run <= 100; run++) {
      const { length } = clients
      await check()
      if (clients.length > length) replacedAt.push(run)
    }
    expect(replacedAt).toEqual([3, 9, 21, 45, 93])
    expect(resource.state().connectCount).toBe(6)
  })
})

describe('reconnect', () => {
  it('connects another client before it gives up the first, which ends with its last operation', async () => {
    const { clock, closed, changes, resource } = setup()
    await resource.connected()
    const work = Promise.withResolvers<string>()
    const underway = resource.run(async ({ id }) => `${await work.promise} by ${id}`)
    await clock.advance(0)
    await resource.reconnect()
    expect(await resource.run(async ({ id }) => id)).toBe(2)
    await clock.advance(1_000)
    expect(closed, 'somebody still uses it').toEqual([])
    work.resolve('done')
    expect(await underway).toBe('done by 1')
    await clock.advance(0)
    expect(closed).toEqual([1])
    expect(changes).toEqual([false, true])
  })

  it('keeps the first client until another one can be made, with pauses, and tries again at once when asked again', async () => {
    const { clock, server, results, resource, closed } = setup({ connectBackoffMs: 10_000 })
    await resource.connected()
    server.isUp = false
    const done = resource.reconnect()
    await clock.advance(9_999)
    expect([results, resource.client.id]).toEqual([['success', 'failure'], 1])
    void resource.reconnect()
    await clock.advance(0)
    expect(results).toEqual(['success', 'failure', 'failure'])
    server.isUp = true
    await clock.advance(20_000)
    await done
    expect([resource.client.id, closed]).toEqual([2, [1]])
  })

  it('asked during an attempt, does not take what that brings for the last word', async () => {
    const connecting: PromiseWithResolvers<Client>[] = []
    const { clock, resource, closed } = setup({
      connect() {
        connecting.push(Promise.withResolvers())
        return connecting[connecting.length - 1]?.promise ?? hung()
      },
    })
    await clock.advance(0)
    const done = resource.reconnect()
    connecting[0]?.resolve({ id: 1, mode: 'up', openCount: 0 })
    await clock.advance(0)
    expect(resource.client.id, 'better than none').toBe(1)
    connecting[1]?.resolve({ id: 2, mode: 'up', openCount: 0 })
    await done
    await clock.advance(0)
    expect([resource.client.id, closed]).toEqual([2, [1]])
  })

  it('does not wait for ever for operations of the former client', async () => {
    const { clock, closed, resource } = setup({ closeTimeoutMs: 700 })
    await resource.connected()
    void resource.run(hung)
    await clock.advance(0)
    await resource.reconnect()
    await clock.advance(699)
    expect(closed).toEqual([])
    await clock.advance(1)
    expect(closed).toEqual([1])
  })

  it('rejects when the resource is closed first, which nobody need listen to', async () => {
    const { server, resource, clock } = setup()
    await resource.connected()
    server.isUp = false
    const done = resource.reconnect()
    await clock.advance(0)
    await resource.close()
    await expect(done).rejects.toMatchObject({ code: 'KEELSON_RESOURCE_UNAVAILABLE' })
    void resource.reconnect()
    await expect(resource.reconnect()).rejects.toMatchObject({ code: 'KEELSON_RESOURCE_UNAVAILABLE' })
    expect(clock.pendingCount).toBe(0)
  })

  it('passes over a client that is lost before it is taken', async () => {
    let id = 0
    const { clock, resource, closed } = setup({
      connect({ lost }) {
        id += 1
        if (id === 2) lost()
        return { id, mode: 'up', openCount: 0 }
      },
    })
    await resource.connected()
    const done = resource.reconnect()
    await clock.advance(99)
    expect([resource.client.id, closed]).toEqual([1, [2]])
    await clock.advance(1)
    await done
    expect(resource.client.id).toBe(3)
  })
})

describe('close', () => {
  it('waits for operations under way before it closes the client, and refuses others', async () => {
    const { clock, closed, resource } = setup()
    await resource.connected()
    const work = Promise.withResolvers<void>()
    const underway = resource.run(() => work.promise.then(() => closed.length))
    await clock.advance(0)
    const closing = resource.close()
    await clock.advance(1_000)
    expect(closed).toEqual([])
    await expect(resource.run(async () => 1)).rejects.toMatchObject({ code: 'KEELSON_RESILIENCE_CLOSED' })
    work.resolve()
    expect(await underway, 'its client was still open').toBe(0)
    await closing
    expect(closed).toEqual([1])
    expect(clock.pendingCount).toBe(0)
  })

  it('does not wait for an operation that its own time limit has given up', async () => {
    const { clock, closed, resource } = setup({
      policy: { attemptTimeoutMs: 100, retry: false, breaker: false },
    })
    await resource.connected()
    const underway = resource.run(hung).catch((error: Error & { code?: string }) => error.code)
    await clock.advance(100)
    expect(await underway).toBe('KEELSON_RESILIENCE_TIMEOUT')
    await resource.close()
    expect(closed).toEqual([1])
  })

  it('leaves a client behind whose close hangs, and says so', async () => {
    const { clock, resource } = setup({ close: hung, closeTimeoutMs: 300 })
    await resource.connected()
    ends.pop()
    const closing = resource.close().catch((error: unknown) => error)
    await clock.advance(300)
    expect(await closing).toMatchObject({ code: 'KEELSON_RESOURCE_CLOSE_TIMEOUT' })
    expect(clock.pendingCount).toBe(0)
  })

  it('closes once, however often it is asked to', async () => {
    const { closed, resource } = setup()
    await resource.connected()
    await Promise.all([resource.close(), resource.close()])
    expect(closed).toEqual([1])
    const unavailable = expect.objectContaining({ code: 'KEELSON_RESOURCE_UNAVAILABLE' })
    await expect(resource.connected(), 'and hands out no client any more').rejects.toEqual(unavailable)
    expect(() => resource.client).toThrow(unavailable)
  })
})
