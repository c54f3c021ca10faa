import { requireServer, type ServerFixture, startPostgres, startRabbitmq, startRedis } from '@keelson/testing'
import { connect as connectRabbitmq } from 'amqplib'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { closeOpened, startTrial, until } from './resource-trial.ts'

afterEach(closeOpened)

/** A trial whose resource `db` is checked quickly. */
async function startQuickTrial(start: () => Promise<ServerFixture>) {
  const trial = await startTrial(start, {
    checkIntervalMs: 100,
    checkTimeoutMs: 500,
    attemptTimeoutMs: 500,
    connectTimeoutMs: 5_000,
    closeTimeoutMs: 500,
  })
  const checkIs = (status: string) => trial.service.health.checks().some((check) => check.status === status)
  return { ...trial, checkIs }
}

const succeeds = (operation: () => Promise<unknown>) => () =>
  operation().then(
    () => true,
    () => false,
  )

const postgres = requireServer('postgres')

describe.skipIf(!postgres.available)('a pool of PostgreSQL', () => {
  it('whose connections have all gone silent is replaced, long before TCP gives them up', async () => {
    const { proxy, service, checkIs } = await startQuickTrial(() => startPostgres(postgres.path ?? ''))
    const db = await service.resource('db', {
      async connect() {
        const pool = new Pool({
          host: '127.0.0.1',
          port: proxy.port,
          user: 'postgres',
          max: 3,
          connectionTimeoutMillis: 1_000,
        })
        pool.on('error', () => undefined)
        await pool.query('select 1')
        return pool
      },
      check: (pool) => pool.query('select 1'),
      close: (pool) => pool.end(),
    })
    await service.start()
    const query = () => db.run((pool) => pool.query('select pg_sleep(0.01)'))
    await Promise.all([query(), query(), query()])
    const first = db.client
    expect(proxy.connectionCount).toBe(3)

    proxy.silence()
    // All of its connections are waited for by operations that nobody waits for any more.
    await Promise.allSettled([query(), query(), query()])
    await until(() => db.state().connectCount === 2)
    expect(db.client).not.toBe(first)
    await until(succeeds(query))
    await until(() => checkIs('up'))
    expect((await service.stop()).failures, 'nor does the stop wait for them').toEqual([])
  }, 60_000)
})

const redis = requireServer('redis-server')

/** A service with a client of Redis. */
async function startRedisTrial(retryStrategy: (times: number) => number | null) {
  const trial = await startQuickTrial(() => startRedis(redis.path ?? ''))
  const db = await trial.service.resource('db', {
    async connect() {
      const client = new Redis({
        host: '127.0.0.1',
        port: trial.proxy.port,
        lazyConnect: true,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        retryStrategy,
      })
      client.on('error', () => undefined)
      await client.connect()
      return client
    },
    check: (client) => client.ping(),
    close: (client) => client.disconnect(),
  })
  await trial.service.start()
  await until(() => trial.checkIs('up'))
  return { ...trial, db }
}

describe.skipIf(!redis.available)('a client of Redis', () => {
  it('that is thrown out by its server heals itself, and leaves no connection behind', async () => {
    const { db, proxy, checkIs } = await startRedisTrial((times) => Math.min(times * 20, 200))
    await db
      .run((client) => client.call('client', 'kill', 'type', 'normal', 'skipme', 'no'))
      .catch(() => undefined)
    await until(succeeds(() => db.run((client) => client.ping())))
    await until(() => checkIs('up'))
    await until(() => proxy.connectionCount === 1)
    expect(proxy.acceptedCount).toBeGreaterThan(1)
  }, 60_000)

  it('that has given up for good is replaced', async () => {
    const { db, proxy, checkIs } = await startRedisTrial(() => null)
    proxy.drop()
    await until(() => checkIs('down'))
    await until(() => checkIs('up'))
    expect(db.state()).toMatchObject({ status: 'connected', connectCount: 2 })
    expect(proxy.connectionCount).toBe(1)
  }, 60_000)
})

const rabbitmq = requireServer('rabbitmq-server')

describe.skipIf(!rabbitmq.available)('a channel of RabbitMQ', () => {
  it('that its server has closed is replaced, whether or not somebody listens to its end', async () => {
    const { proxy, service, checkIs } = await startQuickTrial(() => startRabbitmq(rabbitmq.path ?? ''))
    let listens = false
    const db = await service.resource('db', {
      async connect({ lost }) {
        const connection = await connectRabbitmq(`amqp://guest:guest@127.0.0.1:${proxy.port}`)
        connection.on('error', () => undefined)
        connection.once('close', lost)
        const queue = await connection.createConfirmChannel()
        queue.on('error', () => undefined)
        if (listens) queue.once('close', lost)
        await queue.assertQueue('orders', { durable: true })
        return { connection, queue }
      },
      check: ({ queue }) => queue.checkQueue('orders'),
      close: ({ connection }) => connection.close(),
    })
    await service.start()
    const publish = () =>
      db.run(async ({ queue }) => {
        queue.sendToQueue('orders', Buffer.from('order'))
        await queue.waitForConfirms()
      })
    await publish()
    const breakChannel = async () => {
      const { connectCount } = db.state()
      // 404: the server closes the channel; the connection stays.
      db.client.queue.publish('no-such-exchange', '', Buffer.from('order'))
      await until(() => db.state().connectCount > connectCount)
      await until(succeeds(publish))
      await until(() => checkIs('up') && proxy.connectionCount === 1)
    }
    await breakChannel()
    listens = true
    await db.reconnect()
    await breakChannel()
    expect(db.state().connectCount, 'the first, by the checks, on demand, by its end').toBe(4)
  }, 120_000)
})
