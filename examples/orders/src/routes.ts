import type { Service } from 'keelson'
import type { Order, Orders } from './orders.ts'
import type { definition } from './service.ts'

/** Adds the routes of the orders. Without its database each of them answers 503. */
export function addRoutes({ app }: Service<typeof definition>, orders: Orders): void {
  app.put<{ Params: { id: string }; Body: Omit<Order, 'id'> }>(
    '/orders/:id',
    {
      schema: {
        params: {
          type: 'object',
          properties: { id: { type: 'string', pattern: '^[A-Za-z0-9-]{1,64}$' } },
        },
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['item', 'count'],
          properties: {
            item: { type: 'string', minLength: 1, maxLength: 200 },
            count: { type: 'integer', minimum: 1, maximum: 1_000 },
          },
        },
      },
    },
    async (request, reply) => {
      const order = { id: request.params.id, ...request.body }
      if ((await orders.keep(order)) === 'conflict') {
        throw Object.assign(new Error('There is another order with this id.'), { statusCode: 409 })
      }
      request.log.info({ order: order.id }, 'kept')
      return reply.code(201).send(order)
    },
  )

  app.get<{ Params: { id: string } }>('/orders/:id', async (request, reply) => {
    const order = await orders.find(request.params.id)
    return order ?? reply.callNotFound()
  })

  app.get('/orders', async () => ({ orders: await orders.list(20) }))
}
