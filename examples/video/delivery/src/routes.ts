import { setTimeout as wait } from 'node:timers/promises'
import type { Service } from 'keelson'
import { definition } from './service.ts'
import { Video } from './video.ts'

/** Adds the routes of delivery. */
export function addRoutes({ app, config, dependencies, metrics }: Service<typeof definition>): void {
  const served = metrics.counter(definition.metrics.served)
  // From zero: an alert on what stands in must see the first one.
  served.inc({ from: 'fallback' }, 0)

  app.get<{ Params: { id: string } }>('/videos/:id', async (request, reply) => {
    const { id } = request.params
    let from = 'catalog'
    const video = await dependencies.catalog.get('/videos/{id}', {
      params: { id },
      response: Video,
      fallback: (error) => {
        // The catalog has answered: there is no such video. Anything else is an outage, which viewers need not see.
        if (error.details?.['status'] === 404) return undefined
        request.log.warn({ video: id, reason: error.code }, 'served without the catalog')
        from = 'fallback'
        return { id, title: 'Title unknown for now', durationSeconds: 0 }
      },
    })
    if (video === undefined) return reply.callNotFound()
    served.inc({ from })
    request.log.info({ video: video.id }, 'served')
    return { ...video, greeting: config.current.greeting }
  })

  // Takes its time, so that a stop can be watched while it runs.
  app.get<{ Querystring: { seconds: number } }>(
    '/slow',
    {
      schema: {
        querystring: {
          type: 'object',
          properties: { seconds: { type: 'number', minimum: 0, maximum: 60, default: 2 } },
        },
      },
    },
    async (request) => {
      const { seconds } = request.query
      await wait(seconds * 1_000)
      request.log.info({ seconds }, 'slow answer given')
      return { seconds }
    },
  )
}
