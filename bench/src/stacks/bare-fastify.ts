// The baseline: Fastify with nothing on it. No logger, no metrics, no probes, no graceful stop.
import Fastify from 'fastify'
import { listenAddress } from './listen-address.ts'
import { videoOf } from './video.ts'

const app = Fastify({ logger: false })

app.get<{ Params: { id: string } }>('/videos/:id', async (request) => videoOf(request.params.id))

await app.listen(listenAddress())
