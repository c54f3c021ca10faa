import { createService } from 'keelson'

const service = await createService({
  name: 'minimal',
  config: { greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' } },
})

service.app.get<{ Params: { name: string } }>('/hello/:name', async (request) => {
  request.log.info({ guest: request.params.name }, 'greeted')
  return { greeting: `${service.config.current.greeting}, ${request.params.name}` }
})

await service.start()
