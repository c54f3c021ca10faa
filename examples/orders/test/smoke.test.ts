import { join } from 'node:path'
import { requireServer, startPostgres } from '@keelson/testing'
import { createService } from 'keelson'
import { expect, it } from 'vitest'
import { addDatabase } from '../src/database.ts'
import { createOrders } from '../src/orders.ts'
import { addRoutes } from '../src/routes.ts'
import { definition } from '../src/service.ts'

const postgres = requireServer('postgres')

/** The service as `src/main.ts` makes it, with a database at this port. */
async function createShop(port: number) {
  const service = await createService(definition, {
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      OPS_PORT: '0',
      DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres`,
      RESOURCES__DATABASE__BREAKER__ENABLED: 'false',
    },
    argv: [],
    cwd: join(import.meta.dirname, '..'),
    signals: false,
    logDestination: { write() {} },
  })
  const orders = createOrders(await addDatabase(service))
  addRoutes(service, orders)
  return { service, orders }
}

it('starts without its database, is ready, and answers 503 to whoever needs it', async () => {
  // Nothing listens on port 1.
  await using service = (await createShop(1)).service
  await service.start()
  expect(service.health.readiness().status).toBe('up')
  expect(service.health.checks()).toMatchObject([{ name: 'database', status: 'down' }])
  const answer = await service.app.inject('/orders')
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['x-no-retry']).toBe('1')
  const wrong = await service.app.inject({ method: 'PUT', url: '/orders/1', payload: { item: 'lamp' } })
  expect(wrong.statusCode).toBe(400)
})

it.skipIf(!postgres.available)('keeps an order once, however often it is put, and finds it', async () => {
  const server = await startPostgres(postgres.path ?? '')
  try {
    const shop = await createShop(server.port)
    await using service = shop.service
    await shop.orders.migrate()
    await shop.orders.migrate()
    const put = async (id: string, payload: object) =>
      (await service.app.inject({ method: 'PUT', url: `/orders/${id}`, payload })).statusCode
    expect(await put('a-1', { item: 'lamp', count: 2 })).toBe(201)
    expect(await put('a-1', { item: 'lamp', count: 2 })).toBe(201)
    expect(await put('a-1', { item: 'chair', count: 2 })).toBe(409)
    expect(await put('a_1', { item: 'lamp', count: 2 })).toBe(400)
    expect((await service.app.inject('/orders/a-1')).json()).toEqual({ id: 'a-1', item: 'lamp', count: 2 })
    expect((await service.app.inject('/orders/a-2')).statusCode).toBe(404)
    expect((await service.app.inject('/orders')).json().orders).toHaveLength(1)
  } finally {
    await server.close()
  }
})
