import type { Service } from 'keelson'
import type { definition } from './service.ts'

/** Adds the routes of the service. */
export function addRoutes({ app, config }: Service<typeof definition>): void {
  app.get<{ Params: { name: string } }>('/hello/:name', async (request) => {
    request.log.info({ guest: request.params.name }, 'greeted')
    return { greeting: `${config.current.greeting}, ${request.params.name}` }
  })
}
