// A service on keelson with nothing said about stopping: its defaults are what is tried.
import { createService } from 'keelson'
import { answerFor } from './work.ts'

const service = await createService({ name: 'videos', version: '1.0.0' })

service.app.get<{ Params: { id: string } }>('/videos/:id', (request) => answerFor(request.params.id))
service.app.post<{ Body: { id: string } }>('/videos', (request) => answerFor(request.body.id))

await service.start()
