import { requireServer, startPostgres, startRabbitmq, startRedis } from '@keelson/testing'
import { connect as connectRabbitmq } from 'amqplib'
import { Redis } from 'ioredis'
import { Client, Pool } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { closeOpened, opened, startTrial, type Trial, until } from './resource-trial.ts'

afterEach(closeOpened)

/** Runs an operation every few milliseconds, whatever becomes of it, until it is told to end. */
function keepRunning(operation: () => Promise<unknown>) {
  const outcomes = { success: 0, failure: 0 }
  const stop = new AbortController()
  const underway = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const running = operation().then(
      () => void (outcomes.success += 1),
      () => void (outcomes.failure += 1),
    )
    underway.add(running)
    void running.finally(() => underway.delete(running))
  }, 10)
  stop.signal.addEventListener('abort', () => clearInterval(timer))
  opened.push(async () => stop.abort())
  return {
    outcomes,
    async end() {
      stop.abort()
      await Promise.all(underway)
    },
  }
}

/** Kills a server under load and starts it again: the service must recover by itself, with no more connections than before. */
async function survives({ server, proxy, service }: Trial, operation: () => Promise<unknown>): Promise<void> {
  const load = keepRunning(operation)
  await until(() => load.outcomes.success > 20)
  const connectionCount = proxy.connectionCount
  expect(connectionCount).toBeGreaterThan(0)

  await server.kill()
  const { failure } = load.outcomes
  await until(() => load.outcomes.failure > failure + 20)
  await until(() => service.health.checks().some(({ name, status }) => name === 'db' && status === 'down'))
  // Not critical: the other replicas have no other database, so that nothing would be won by being unready.
  expect(service.health.readiness().status).toBe('up')

  await server.start()
  const { success } = load.outcomes
  await until(() => load.outcomes.success > success + 50)
  await until(() => service.health.checks().some(({ name, status }) => name === 'db' && status === 'up'))
  await load.end()
  expect(proxy.connectionCount).toBeLessThanOrEqual(Math.max(connectionCount, 5))
  const page = await service.metrics.render({})
  expect(page.body).toMatch(/keelson_client_calls_total\{dependency="db",outcome="success"\} [1-9]/)
}

/** The closer that was registered after the resource runs before it, and the resource's connections are gone after it. */
async function closesInOrder({ proxy, service }: Trial): Promise<void> {
  const connectionsSeen: number[] = []
  service.onClose('user of the database', () => void connectionsSeen.push(proxy.connectionCount))
  const report = await service.stop()
  expect(report.failures).toEqual([])
  expect(connectionsSeen[0]).toBeGreaterThan(0)
  await until(() => proxy.connectionCount === 0)
}

const quickly = { checkIntervalMs: 200, connectTimeoutMs: 2_000, maxConnectBackoffMs: 500 } as const

const postgres = requireServer('postgres')

describe.skipIf(!postgres.available)('a pool of PostgreSQL', () => {
  it('survives that the server is killed, takes no wrong question for an outage, and is closed in order', async () => {
    const trial = await startTrial(() => startPostgres(postgres.path ?? ''))
    const db = await trial.service.resource('db', {
      ...quickly,
      async connect() {
        const pool = new Pool({
          host: '127.0.0.1',
          port: trial.proxy.port,
          user: 'postgres',
          max: 5,
          connectionTimeoutMillis: 1_000,
        })
        // Of connections that break while nobody uses them; without a listener it would end the process.
        pool.on('error', () => undefined)
        await pool.query('select 1')
        return pool
      },
      check: (pool) => pool.query('select 1'),
      close: (pool) => pool.end(),
      // Classes 22, 23 and 42: data, integrity and syntax; the server is well.
      isOutage: (error) =>
        !(error instanceof Error && 'code' in error && /^(?:22|23|42)/.test(String(error.code))),
    })
    await trial.service.start()
    expect(trial.service.health.checks(), 'no check before the connection').toMatchObject([{ status: 'up' }])
    for (let call = 0; call < 40; call++) {
      await expect(db.run((pool) => pool.query('select nothing from nowhere'))).rejects.toMatchObject({
        code: '42P01',
      })
    }
    expect(db.state()).toMatchObject({ status: 'connected', breaker: 'closed', connectCount: 1 })
    await survives(trial, () => db.run((pool) => pool.query('select 1'), { idempotent: true }))
    // The pool heals itself: it was never replaced.
    expect(db.state().connectCount).toBe(1)
    await closesInOrder(trial)
  })

  it('lets a service start without its server, not ready where the resource is critical, and ready as soon as it is there', async () => {
    const trial = await startTrial(() => startPostgres(postgres.path ?? ''))
    await trial.server.kill()
    const db = await trial.service.resource('db', {
      ...quickly,
      critical: true,
      async connect() {
        const client = new Client({ host: '127.0.0.1', port: trial.proxy.port, user: 'postgres' })
        client.on('error', () => undefined)
        await client.connect()
        return client
      },
      close: (client) => client.end(),
    })
    await trial.service.start()
    expect(trial.service.health.readiness()).toEqual({ status: 'down', reasons: ['check db'] })
    await trial.server.start()
    await until(() => trial.service.health.readiness().status === 'up')
    const answer = await db.run((client) => client.query<{ sum: number }>('select 1 + 1 as sum'))
    expect(answer.rows).toEqual([{ sum: 2 }])
  })
})

const redis = requireServer('redis-server')

describe.skipIf(!redis.available)('a client of Redis', () => {
  it('survives that the server is killed, and is closed in order', async () => {
    const trial = await startTrial(() => startRedis(redis.path ?? ''))
    const db = await trial.service.resource('db', {
      ...quickly,
      async connect() {
        const client = new Redis({
          host: '127.0.0.1',
          port: trial.proxy.port,
          lazyConnect: true,
          enableOfflineQueue: false,
          maxRetriesPerRequest: 1,
          retryStrategy: (times) => Math.min(times * 50, 500),
        })
        client.on('error', () => undefined)
        await client.connect()
        return client
      },
      check: (client) => client.ping(),
      close: (client) => client.quit(),
    })
    await trial.service.start()
    await survives(trial, () => db.run((client) => client.set('key', 'value')))
    expect(db.state().connectCount).toBe(1)
    await closesInOrder(trial)
  })
})

const rabbitmq = requireServer('rabbitmq-server')

describe.skipIf(!rabbitmq.available)('a connection to RabbitMQ', () => {
  it('is made anew when the server is killed, and is closed in order', async () => {
    const trial = await startTrial(() => startRabbitmq(rabbitmq.path ?? ''))
    const db = await trial.service.resource('db', {
      ...quickly,
      async connect({ lost }) {
        const connection = await connectRabbitmq(`amqp://guest:guest@127.0.0.1:${trial.proxy.port}`)
        // It does not connect again by itself.
        connection.on('error', () => undefined)
        connection.once('close', lost)
        const queue = await connection.createConfirmChannel()
        queue.on('error', () => undefined)
        await queue.assertQueue('orders', { durable: true })
        return { connection, queue }
      },
      check: ({ queue }) => queue.checkQueue('orders'),
      close: ({ connection }) => connection.close(),
    })
    await trial.service.start()
    let confirmedCount = 0
    await survives(trial, () =>
      db.run(async ({ queue }) => {
        await new Promise<void>((resolve, reject) => {
          const done = (error: unknown) =>
            error === null || error === undefined
              ? resolve()
              : reject(new Error('not confirmed', { cause: error }))
          queue.sendToQueue('orders', Buffer.from('order'), { persistent: true }, done)
        })
        confirmedCount += 1
      }),
    )
    expect(db.state().connectCount).toBeGreaterThan(1)
    // What was confirmed is there, whatever happened in between.
    const { messageCount } = await db.run(({ queue }) => queue.checkQueue('orders'))
    expect(messageCount).toBeGreaterThanOrEqual(confirmedCount)
    await closesInOrder(trial)
  })
})
