import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireServer, startPostgres } from '@keelson/testing'
import { createService } from 'keelson'
import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { addDatabase } from '../src/database.ts'
import { createOrders } from '../src/orders.ts'
import { definition } from '../src/service.ts'

const postgres = requireServer('postgres')

it.skipIf(!postgres.available)(
  'takes another user of the database while it works, and no operation fails',
  async () => {
    const server = await startPostgres(postgres.path ?? '')
    onTestFinished(() => server.close())
    const urlOf = (user: string) => `postgres://${user}@127.0.0.1:${server.port}/postgres`
    const admin = new Client({ connectionString: urlOf('postgres') })
    await admin.connect()
    onTestFinished(() => admin.end())
    await admin.query('create role monday login superuser; create role tuesday login superuser')
    const usersNow = async () => {
      const { rows } = await admin.query<{ user: string }>(
        `select distinct usename as user from pg_stat_activity where application_name = 'orders' order by 1`,
      )
      return rows.map(({ user }) => user)
    }

    const folder = mkdtempSync(join(tmpdir(), 'keelson-orders-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    // As the kubelet does: a reader sees one text or the other.
    const mount = (user: string) => {
      writeFileSync(join(folder, '.next'), urlOf(user))
      renameSync(join(folder, '.next'), join(folder, 'DATABASE_URL'))
    }
    mount('monday')
    const service = await createService(definition, {
      env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', KEELSON_CONFIG_DIR: folder },
      argv: [],
      cwd: join(import.meta.dirname, '..'),
      signals: false,
      logDestination: { write() {} },
    })
    onTestFinished(async () => void (await service.stop()))
    const database = await addDatabase(service)
    const orders = createOrders(database)
    await orders.migrate()

    const ending = new AbortController()
    let keptCount = 0
    const caller = async (name: number) => {
      for (let count = 0; !ending.signal.aborted; count++) {
        await orders.keep({ id: `${name}-${count}`, item: 'lamp', count: 1 })
        keptCount += 1
      }
    }
    const callers = Promise.all([1, 2, 3, 4].map(caller))
    callers.catch(() => undefined)
    await expect.poll(() => keptCount, { timeout: 20_000 }).toBeGreaterThan(100)
    expect(await usersNow()).toEqual(['monday'])
    mount('tuesday')
    await expect.poll(usersNow, { timeout: 20_000 }).toEqual(['tuesday'])
    await admin.query('alter role monday nologin')
    const before = keptCount
    await expect.poll(() => keptCount, { timeout: 20_000 }).toBeGreaterThan(before + 100)
    ending.abort()
    // An operation that had failed would reject here.
    await callers
    expect(database.state()).toMatchObject({ status: 'connected', connectCount: 2, breaker: 'closed' })
    const { rows } = await admin.query<{ count: string }>('select count(*) as count from orders')
    expect(Number(rows[0]?.count)).toBe(keptCount)
  },
  60_000,
)
