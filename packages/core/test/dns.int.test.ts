import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createResolver, type Resolver } from '../src/dns/index.ts'
import { type NameServer, startNameServer } from './name-server.ts'

const fullName = 'catalog.prod.svc.cluster.local'
let directory: string
let server: Server
let port: number

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keelson-dns-'))
  await writeFile(
    join(directory, 'resolv.conf'),
    'search prod.svc.cluster.local svc.cluster.local cluster.local\n',
  )
  server = createServer((_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  port = (server.address() as AddressInfo).port // a server that listens on TCP has an address object
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await rm(directory, { recursive: true })
})

function resolverOf(names: NameServer, clock = createFakeClock()): Resolver {
  return createResolver({
    service: 'delivery',
    servers: [names.address],
    resolvConfPath: join(directory, 'resolv.conf'),
    clock,
  })
}

/** One request on a connection of its own, as a client without keep-alive makes it. */
function request(hostname: string, { lookup }: Resolver): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ hostname, port, lookup, agent: new Agent() }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.socket.remoteAddress ?? ''))
    }).once('error', reject)
  })
}

describe('createResolver against a name server', () => {
  it.each(['catalog', 'catalog.prod', 'catalog.prod.svc', fullName])(
    'asks once for 1,000 requests to %s, the first 100 at the same time, and spreads them',
    async (hostname) => {
      const names = await startNameServer(30)
      names.records.set(fullName, ['127.0.0.1', '127.0.0.2', '127.0.0.3'])
      const resolver = resolverOf(names)
      const counts = new Map<string, number>()
      for (let round = 0; round < 10; round++) {
        const peers = await Promise.all(Array.from({ length: 100 }, () => request(hostname, resolver)))
        for (const peer of peers) counts.set(peer, (counts.get(peer) ?? 0) + 1)
      }
      await names.close()
      expect(names.asked).toEqual([fullName])
      for (const count of counts.values()) expect(count).toBeGreaterThan(300)
      expect(counts.size).toBe(3)
    },
  )

  it('asks once per time to live, and sees new addresses then', async () => {
    const names = await startNameServer(5)
    names.records.set(fullName, ['127.0.0.1'])
    const clock = createFakeClock()
    const resolver = resolverOf(names, clock)
    await resolver.resolve('catalog')
    names.records.set(fullName, ['127.0.0.2'])
    for (let round = 1; round <= 3; round++) {
      await clock.advance(6_000)
      expect(await resolver.resolve('catalog')).toEqual([{ address: '127.0.0.2', family: 4 }])
    }
    await names.close()
    // A cache inside c-ares would hide the questions behind the first.
    expect(names.asked).toEqual([fullName, fullName, fullName, fullName])
  })

  it('serves 1,000 requests without an error while the name server is silent for 4 minutes', async () => {
    const names = await startNameServer(30)
    names.records.set(fullName, ['127.0.0.1'])
    const clock = createFakeClock()
    const resolver = resolverOf(names, clock)
    await request('catalog', resolver)
    names.silent = true
    for (let minute = 0; minute < 4; minute++) {
      await clock.advance(60_000)
      // Whoever comes first waits for news; the clock stands still, so that the wait is moved on by hand.
      const first = request('catalog', resolver)
      await clock.advance(100)
      await first
      for (let call = 1; call < 250; call++) await request('catalog', resolver)
    }
    names.silent = false
    await names.close()
  })

  it('says within two tries that a silent name server cannot be asked', async () => {
    const names = await startNameServer(30)
    names.silent = true
    await expect(resolverOf(names).resolve('catalog')).rejects.toMatchObject({
      code: 'KEELSON_DNS_UNAVAILABLE',
    })
    expect(names.asked).toHaveLength(2)
    await names.close()
  })

  it('asks for no name that does not exist when a service of the cluster is meant', async () => {
    const names = await startNameServer(30)
    for (const name of [fullName, 'pod-0.catalog.prod.svc.cluster.local', 'api.example.com']) {
      names.records.set(name, ['127.0.0.1'])
    }
    const resolver = resolverOf(names)
    const hostnames = ['catalog', 'catalog.prod', fullName, 'pod-0.catalog.prod.svc', 'api.example.com']
    for (const hostname of hostnames) await resolver.resolve(hostname)
    expect(names.asked.filter((name) => !names.records.has(name))).toEqual([])
    await names.close()
  })
})
