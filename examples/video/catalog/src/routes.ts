import type { Service } from 'keelson'
import type { definition } from './service.ts'
import { createSwitches, type Trouble } from './switches.ts'
import { readVideos } from './videos.ts'

/** Adds the routes of the catalog. */
export function addRoutes({ app, config }: Service<typeof definition>): void {
  const videos = new Map(readVideos().map((video) => [video.id, video]))
  const switches = createSwitches(() => {
    const { delay, failureRatio } = config.current.catalog
    return { delayMs: delay, failureRatio }
  })

  app.get('/videos', async () => {
    await switches.makeTrouble()
    return { videos: [...videos.values()] }
  })

  app.get<{ Params: { id: string } }>('/videos/:id', async (request, reply) => {
    await switches.makeTrouble()
    const video = videos.get(request.params.id)
    if (video === undefined) return reply.callNotFound()
    request.log.info({ video: video.id }, 'found')
    return video
  })

  // For this example only: a real service has no route that breaks it.
  app.get('/switches', async () => switches.current)
  app.put<{ Body: Partial<Trouble> }>(
    '/switches',
    {
      schema: {
        body: {
          type: 'object',
          additionalProperties: false,
          properties: {
            delayMs: { type: 'integer', minimum: 0, maximum: 60_000 },
            failureRatio: { type: 'number', minimum: 0, maximum: 1 },
          },
        },
      },
    },
    async (request) => {
      switches.set(request.body)
      request.log.warn({ ...switches.current }, 'switches flipped')
      return switches.current
    },
  )
}
