// keelson with everything on, as a service that knows nothing of benchmarks would start it.
import { createService } from 'keelson'
import { videoOf } from './video.ts'

const service = await createService({ name: 'videos', version: '1.0.0' })

service.app.get<{ Params: { id: string } }>('/videos/:id', async (request) => videoOf(request.params.id))

await service.start()
