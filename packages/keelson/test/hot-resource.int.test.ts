import { requireServer } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createService } from '../src/index.ts'
import { followEtcd, until } from './followed-etcd.ts'

const etcdProgram = requireServer('etcd')
const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** A database in memory, that is there, or fails, or hangs. */
class Database {
  mode: 'up' | 'down' | 'hung' = 'up'
  connectCount = 0
  closeCount = 0
  readonly checkedAtMs: number[] = []

  query(): Promise<string> {
    if (this.mode === 'hung') return new Promise(() => {})
    return this.mode === 'up' ? Promise.resolve('row') : Promise.reject(new Error('refused'))
  }
}

async function setup(environment: Record<string, string> = {}) {
  const { env, rejected, put, change } = await followEtcd(etcdProgram.path, stops, 'resources/database')
  const server = new Database()
  const service = await createService(
    {
      name: 'delivery',
      http: false,
      resources: {
        database: {
          critical: true,
          checkIntervalMs: 60_000,
          maxFailedChecks: 1_000,
          breaker: { minimumThroughput: 5, breakMs: 60_000, maxBreakMs: 60_000 },
        },
      },
    },
    {
      signals: false,
      argv: [],
      env: { ...env, ...environment, OPS_PORT: '0' },
      logDestination: { write: () => undefined },
    },
  )
  stops.push(() => service.stop())
  const functions = {
    connect() {
      server.connectCount += 1
      return server
    },
    check() {
      server.checkedAtMs.push(performance.now())
      return server.query()
    },
    close: () => void (server.closeCount += 1),
  }
  const database = await service.resource('database', functions)
  await database.connected()
  await service.start()
  const query = () =>
    database
      .run((client) => client.query())
      .catch((error: Error & { code?: string }) => error.code ?? error.message)
  return { server, service, database, functions, query, put, change, rejected }
}

describe.skipIf(!etcdProgram.available)('the numbers of a resource in etcd', () => {
  it('change it while it works: breaker, limits, pace and weight of its check', async () => {
    const { server, service, database, query, change } = await setup()
    const isUp = () => service.health.readiness().status === 'up'
    await until(() => server.checkedAtMs.length === 1, 'the first check')

    server.mode = 'down'
    for (let call = 0; call < 4; call++) expect(await query()).toBe('refused')
    await change({ 'breaker/minimumThroughput': '100' })
    for (let call = 0; call < 20; call++) expect(await query()).toBe('refused')
    await change({ 'breaker/minimumThroughput': null })
    await query()
    expect(database.state().breaker).toBe('open')
    expect(await query()).toBe('KEELSON_RESILIENCE_CIRCUIT_OPEN')
    await change({ 'breaker/enabled': 'false' })
    expect(await query()).toBe('refused')

    expect(isUp(), 'a minute has not passed').toBe(true)
    await change({ checkInterval: '100ms' })
    await until(() => !isUp(), 'the check, which runs at once now')
    await change({ critical: 'false' })
    expect(isUp(), 'readiness is freed by configuration, while the check is still down').toBe(true)
    await change({ critical: null })
    expect(isUp()).toBe(false)

    server.mode = 'hung'
    await change({ attemptTimeout: '50ms', 'retry/enabled': 'false' })
    expect(await query()).toBe('KEELSON_RESILIENCE_TIMEOUT')

    server.mode = 'up'
    await until(isUp, 'the check that succeeds again')
    expect(await query()).toBe('row')
    expect([server.connectCount, server.closeCount], 'one connection all along').toEqual([1, 0])
  }, 60_000)

  it('are refused as a whole when one of them cannot be used', async () => {
    const { server, query, put, rejected, change, database } = await setup()
    await put({ checkTimeout: '1ms', 'breaker/enabled': 'false' })
    await until(() => rejected.length === 1, 'the refusal')
    expect(rejected[0]?.faults).toHaveLength(1)
    expect(rejected[0]?.faults[0]).toContain('resources.database.checkTimeout')
    expect(rejected[0]?.faults[0]).toContain('a number from 10 up to 60000')
    server.mode = 'down'
    for (let call = 0; call < 6; call++) await query()
    expect(database.state().breaker, 'not even the part that could be used').toBe('open')
    await put({ checkTimeout: null, connectBackoff: '10s', maxConnectBackoff: '5s' })
    await until(() => rejected.length === 2, 'a refusal of numbers that contradict each other')
    expect(rejected[1]?.faults[0]).toContain('resources.database.maxConnectBackoff')
    await change({ connectBackoff: null })
    expect(database.state().breaker, 'the rest is good, and in force').toBeUndefined()
    expect(database.settings).toMatchObject({ maxConnectBackoffMs: 5_000, checkTimeoutMs: 2_000 })
  }, 60_000)

  it('are in force from the start', async () => {
    const { database, service } = await setup({
      RESOURCES__DATABASE__CHECK_TIMEOUT: '70ms',
      RESOURCES__DATABASE__CRITICAL: 'false',
      RESOURCES__DATABASE__BREAKER__ENABLED: 'false',
    })
    expect(database.settings).toMatchObject({ checkTimeoutMs: 70, checkIntervalMs: 60_000, critical: false })
    expect(database.state().breaker).toBeUndefined()
    expect(service.health.checks()).toMatchObject([{ name: 'database', critical: false }])
  }, 60_000)

  it('belong to a declaration, which has no others beside it', async () => {
    const { service, functions, server } = await setup()
    const resource = service.resource as (name: string, definition: object) => Promise<unknown> // as JavaScript sees it
    const invalid = expect.objectContaining({ code: 'KEELSON_SERVICE_DEFINITION_INVALID' })
    await expect(resource('databse', functions)).rejects.toEqual(invalid)
    await expect(resource('database', { ...functions, checkIntervalMs: 100 })).rejects.toEqual(invalid)
    expect(server.connectCount).toBe(1)
    await expect(service.resource('database', functions), 'a second one of the name').rejects.toMatchObject({
      code: 'KEELSON_HEALTH_OPTIONS_INVALID',
    })
    await until(() => server.closeCount === server.connectCount - 1, 'the end of what it had begun')
  }, 60_000)
})
