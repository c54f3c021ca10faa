import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { subscribe } from '../channels/index.ts'
import type { AddressAnswer, AddressQuery } from './address-query.ts'
import { createResolver, type Resolver, type ResolverOptions } from './resolver.ts'

let directory: string
let inCluster: { readonly resolvConfPath: string; readonly hostsPath: string }

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-dns-'))
  inCluster = { resolvConfPath: join(directory, 'resolv.conf'), hostsPath: join(directory, 'hosts') }
  writeFileSync(inCluster.resolvConfPath, 'search prod.svc.cluster.local svc.cluster.local cluster.local\n')
  writeFileSync(inCluster.hostsPath, '10.0.0.9 aliased\n')
})
afterAll(() => rmSync(directory, { recursive: true }))

const address = (last: number) => ({ address: `10.0.0.${last}`, family: 4 as const })
const answer = (ttlMs: number, ...lasts: number[]): AddressAnswer => ({
  addresses: lasts.map(address),
  ttlMs,
})

/** A name server that says what it is told to say, on a clock that stands still. */
function setup(options: Partial<ResolverOptions> = {}) {
  const clock = createFakeClock()
  const asked: string[] = []
  const server: { say: AddressQuery } = { say: () => Promise.resolve(answer(30_000, 1)) }
  const resolver = createResolver({
    service: 'delivery',
    ...inCluster,
    clock,
    query: (name) => {
      asked.push(name)
      return server.say(name)
    },
    systemQuery: () => Promise.resolve(undefined),
    ...options,
  })
  return { clock, asked, server, resolver }
}

describe('createResolver', () => {
  it('asks once for any number of callers at the same time', async () => {
    const { asked, resolver } = setup()
    const all = await Promise.all(Array.from({ length: 100 }, () => resolver.resolve('catalog')))
    expect(asked).toEqual(['catalog.prod.svc.cluster.local'])
    expect(new Set(all.flat())).toEqual(new Set([address(1)]))
  })

  it('keeps an answer for its time to live, within 5 and 30 s', async () => {
    for (const [ttlMs, keptMs] of [
      [0, 5_000],
      [12_000, 12_000],
      [3_600_000, 30_000],
    ] as const) {
      const { clock, asked, server, resolver } = setup()
      server.say = () => Promise.resolve(answer(ttlMs, 1))
      await resolver.resolve('catalog')
      await clock.advance(0.79 * keptMs)
      await resolver.resolve('catalog')
      expect(asked).toHaveLength(1)
      server.say = () => Promise.resolve(answer(ttlMs, 2))
      await clock.advance(0.22 * keptMs)
      expect(await resolver.resolve('catalog')).toEqual([address(2)])
      expect(asked).toHaveLength(2)
    }
  })

  it('renews an answer in the background after 80 % of its time, and makes nobody wait', async () => {
    const { clock, asked, server, resolver } = setup()
    await resolver.resolve('catalog')
    await clock.advance(24_000)
    const slow = Promise.withResolvers<AddressAnswer>()
    server.say = () => slow.promise
    expect(await resolver.resolve('catalog')).toEqual([address(1)])
    expect(await resolver.resolve('catalog')).toEqual([address(1)])
    expect(asked).toHaveLength(2)
    slow.resolve(answer(30_000, 2))
    await clock.advance(0)
    expect(await resolver.resolve('catalog')).toEqual([address(2)])
    expect(asked).toHaveLength(2)
  })

  it('answers for 4 minutes without a name server, asking it once per second at most', async () => {
    const { clock, asked, server, resolver } = setup()
    await resolver.resolve('catalog')
    server.say = () => Promise.reject(new Error('ETIMEOUT'))
    const answers = new Map<string, number>()
    const end = subscribe('keelson.dns.answer', ({ from }) => answers.set(from, (answers.get(from) ?? 0) + 1))
    for (let step = 0; step < 960; step++) {
      await clock.advance(250)
      expect(await resolver.resolve('catalog')).toEqual([address(1)])
    }
    end()
    expect(answers.get('stale')).toBeGreaterThan(800)
    expect(asked.length).toBeLessThanOrEqual(1 + 240)
    server.say = () => Promise.resolve(answer(30_000, 2))
    await clock.advance(1_000)
    await resolver.resolve('catalog')
    await clock.advance(0)
    expect(await resolver.resolve('catalog')).toEqual([address(2)])
  })

  it('fails when nobody answered for 5 minutes beyond the end of the last answer', async () => {
    const { clock, server, resolver } = setup()
    await resolver.resolve('catalog')
    server.say = () => Promise.reject(new Error('ETIMEOUT'))
    await clock.advance(329_999)
    expect(await resolver.resolve('catalog')).toEqual([address(1)])
    await clock.advance(1)
    await expect(resolver.resolve('catalog')).rejects.toMatchObject({ code: 'KEELSON_DNS_UNAVAILABLE' })
  })

  it('gives an expired answer to who would wait longer than 100 ms for a new one', async () => {
    const { clock, server, resolver } = setup()
    await resolver.resolve('catalog')
    await clock.advance(60_000)
    server.say = () => new Promise(() => {})
    const given = resolver.resolve('catalog')
    await clock.advance(100)
    expect(await given).toEqual([address(1)])
    expect(clock.pendingCount).toBe(0)
  })

  it('waits for the new answer when it comes at once', async () => {
    const { clock, server, resolver } = setup()
    await resolver.resolve('catalog')
    await clock.advance(60_000)
    server.say = () => Promise.resolve(answer(30_000, 2))
    expect(await resolver.resolve('catalog')).toEqual([address(2)])
    expect(clock.pendingCount).toBe(0)
  })

  it('keeps the addresses of a name that vanishes', async () => {
    const { clock, server, resolver } = setup()
    await resolver.resolve('catalog')
    server.say = () => Promise.resolve(undefined)
    await clock.advance(60_000)
    expect(await resolver.resolve('catalog')).toEqual([address(1)])
  })

  it('asks the system when no name server knows a name, and then refuses the name for 1 s', async () => {
    const system: string[] = []
    const { clock, asked, server, resolver } = setup({
      systemQuery: (name) => {
        system.push(name)
        return Promise.resolve(undefined)
      },
    })
    server.say = () => Promise.resolve(undefined)
    for (let call = 0; call < 10; call++) {
      await expect(resolver.resolve('catalog')).rejects.toMatchObject({ code: 'KEELSON_DNS_NOT_FOUND' })
    }
    expect(system).toEqual(['catalog'])
    expect(asked).toHaveLength(3)
    await clock.advance(1_000)
    await expect(resolver.resolve('catalog')).rejects.toMatchObject({ code: 'KEELSON_DNS_NOT_FOUND' })
    expect(system).toHaveLength(2)
  })

  it('remembers the form in which a name was found', async () => {
    const { clock, asked, server, resolver } = setup()
    server.say = (name) => Promise.resolve(name === 'example.com' ? answer(5_000, 1) : undefined)
    await resolver.resolve('example.com')
    asked.length = 0
    await clock.advance(10_000)
    await resolver.resolve('example.com')
    expect(asked).toEqual(['example.com'])
  })

  it('looks a name up in every form again when the one it was found in is gone', async () => {
    const { clock, server, resolver } = setup()
    server.say = (name) => Promise.resolve(name === 'example.com' ? answer(5_000, 1) : undefined)
    await resolver.resolve('example.com')
    server.say = (name) =>
      Promise.resolve(name.endsWith('.prod.svc.cluster.local') ? answer(5_000, 2) : undefined)
    await clock.advance(10_000)
    await resolver.resolve('example.com')
    await clock.advance(1_000)
    await resolver.resolve('example.com')
    await clock.advance(0)
    expect(await resolver.resolve('example.com')).toEqual([address(2)])
  })

  it('leaves names outside of a cluster to the system', async () => {
    const { asked, resolver } = setup({
      resolvConfPath: join(directory, 'none'),
      systemQuery: () => Promise.resolve(answer(0, 7)),
    })
    expect(await resolver.resolve('catalog')).toEqual([address(7)])
    expect(asked).toEqual([])
  })

  it('forgets the oldest of more than 1,000 names', async () => {
    const { asked, resolver } = setup()
    for (let index = 0; index <= 1_000; index++) await resolver.resolve(`name-${index}`)
    await resolver.resolve('name-1')
    expect(asked).toHaveLength(1_001)
    await resolver.resolve('name-0')
    expect(asked).toHaveLength(1_002)
  })

  it('tells what it asked for, what came of it and where answers come from', async () => {
    const facts: unknown[] = []
    const ends = [
      subscribe('keelson.dns.query', (fact) => facts.push(fact)),
      subscribe('keelson.dns.answer', ({ from }) => facts.push(from)),
    ]
    const { resolver } = setup()
    await resolver.resolve('catalog')
    await resolver.resolve('catalog')
    for (const end of ends) end()
    const name = 'catalog.prod.svc.cluster.local'
    expect(facts).toEqual([
      { service: 'delivery', name, result: 'answered', durationMs: 0 },
      'query',
      'cache',
    ])
  })

  it.each([{ family: 5 }, { minTtlMs: -1 }, { minTtlMs: 10, maxTtlMs: 9 }, { ttl: 3 }, { service: '' }])(
    'refuses %o at construction',
    (wrong) => {
      expect(() => createResolver({ service: 'delivery', ...(wrong as object) })).toThrow(
        expect.objectContaining({ code: 'KEELSON_DNS_OPTIONS_INVALID' }) as Error,
      )
    },
  )
})

function ask(resolver: Resolver, name: string, options: object): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    resolver.lookup(name, options, (...result) => resolve(result))
  })
}

describe('lookup', () => {
  it('begins with another address each time, in both forms', async () => {
    const { server, resolver } = setup()
    server.say = () => Promise.resolve(answer(30_000, 1, 2, 3))
    const firsts = []
    for (let call = 0; call < 4; call++) firsts.push((await ask(resolver, 'catalog', {}))[1])
    expect(firsts).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.1'])
    expect(await ask(resolver, 'catalog', { all: true })).toEqual([
      null,
      [address(2), address(3), address(1)],
    ])
  })

  it('calls back with the error of a name that cannot be resolved', async () => {
    const { server, resolver } = setup()
    server.say = () => Promise.reject(new Error('ETIMEOUT'))
    const [error] = await ask(resolver, 'catalog', {})
    expect(error).toMatchObject({ code: 'KEELSON_DNS_UNAVAILABLE' })
  })

  it('leaves names of the hosts file, addresses and the other family to dns.lookup', async () => {
    const { asked, resolver } = setup()
    expect(await ask(resolver, '127.0.0.1', {})).toEqual([null, '127.0.0.1', 4])
    await ask(resolver, 'localhost', {})
    await ask(resolver, '::1', { family: 'IPv6', all: true })
    expect(asked).toEqual([])
  })
})
