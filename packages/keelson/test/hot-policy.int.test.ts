import { requireServer, createFaultServer, type FaultServer } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createService, type Service } from '../src/index.ts'
import { followEtcd, until } from './followed-etcd.ts'

const etcdProgram = requireServer('etcd')
const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function setup() {
  const { env, rejected, put, change } = await followEtcd(etcdProgram.path, stops, 'dependencies/catalog')
  const server: FaultServer = await createFaultServer()
  stops.push(() => server.close())
  const service = await createService(
    {
      name: 'delivery',
      http: false,
      dependencies: {
        catalog: {
          target: server.url,
          retry: { maxRetries: 2 },
          breaker: { minimumThroughput: 5, breakMs: 60_000, maxBreakMs: 60_000 },
        },
      },
    },
    {
      signals: false,
      argv: [],
      env: { ...env, OPS_PORT: '0' },
      logDestination: { write: () => undefined },
    },
  )
  stops.push(() => service.stop())
  const { catalog } = service.dependencies
  return { server, service: service as unknown as Service, catalog, put, change, rejected }
}

describe.skipIf(!etcdProgram.available)('a policy in etcd', () => {
  it('changes a running client, which keeps its connections and the state of its breaker', async () => {
    const { server, catalog, change } = await setup()
    server.behave({ fault: 'reset' })
    await catalog.get('/').catch(() => undefined)
    expect(server.requestCount, 'two retries, as the code says').toBe(3)

    await change({ 'retry/maxRetries': '0' })
    await catalog.get('/').catch(() => undefined)
    expect(server.requestCount, 'and none, as etcd says').toBe(4)

    server.behave({ status: 404 })
    await catalog.get('/').catch(() => undefined)
    const { connectionCount } = server
    await change({ attemptTimeout: '5s', 'breaker/minimumThroughput': '6', 'bulkhead/maxConcurrent': '3' })
    for (let call = 0; call < 20; call++) await catalog.get('/').catch(() => undefined)
    expect(server.connectionCount - connectionCount, 'connections to four groups at most').toBeLessThan(8)
    const three = () => Promise.all([1, 2, 3].map(() => catalog.get('/').catch(() => undefined)))
    // Until every one of them that chance may choose is open.
    for (let round = 0; round < 10; round++) await three()
    const before = server.connectionCount
    await change({ attemptTimeout: '6s' })
    await three()
    expect(server.connectionCount).toBe(before)
    const full = await Promise.allSettled([1, 2, 3, 4].map(() => catalog.get('/')))
    expect(full.map((each) => each.status === 'rejected' && each.reason.code)).toContain(
      'KEELSON_RESILIENCE_BULKHEAD_FULL',
    )

    server.behave({ status: 500 })
    for (let call = 0; call < 200 && catalog.state().breaker === 'closed'; call++) {
      await catalog.get('/').catch(() => undefined)
    }
    expect(catalog.state().breaker).toBe('open')
    await change({ 'breaker/failureRatio': '0.9' })
    expect(catalog.state().breaker, 'a change is no reason to close').toBe('open')

    server.behave({ body: 'ok' })
    await change({ 'breaker/enabled': 'false', 'bulkhead/enabled': 'false' })
    expect(catalog.state().breaker).toBeUndefined()
    expect(await catalog.get('/')).toBe('ok')
    expect(await Promise.all([1, 2, 3, 4, 5].map(() => catalog.get('/')))).toHaveLength(5)

    await change({ 'breaker/enabled': null, 'retry/maxRetries': null })
    expect(catalog.state().breaker).toBe('closed')
  }, 60_000)

  it('is refused as a whole when a number of it cannot be used', async () => {
    const { server, catalog, put, rejected, change, service } = await setup()
    server.behave({ fault: 'reset' })
    await put({ 'retry/maxRetries': '0', 'breaker/failureRatio': '7' })
    await until(() => rejected.length === 1, 'the refusal')
    expect(rejected[0]?.faults).toHaveLength(1)
    expect(rejected[0]?.faults[0]).toContain('dependencies.catalog.breaker.failureRatio')
    expect(rejected[0]?.faults[0]).toContain('a number above 0 up to 1')
    await catalog.get('/').catch(() => undefined)
    expect(server.requestCount, 'not even the part that could be used').toBe(3)

    await put({ 'breaker/failureRatio': null, 'breaker/break': '9m' })
    await until(() => rejected.length === 2, 'a refusal of numbers that contradict each other')
    expect(rejected[1]?.faults[0]).toContain('dependencies.catalog.breaker.maxBreak')

    await change({ 'breaker/break': null })
    await catalog.get('/').catch(() => undefined)
    expect(server.requestCount, 'the rest is good, and in force').toBe(4)
    expect(service.config.warnings.join()).not.toContain('refused')
  }, 60_000)
})
