// What a careful team puts together from the usual plugins for the same duties: a JSON log with request id, metrics,
// a readiness route with load shedding, a graceful stop. Each plugin as its README shows it.
import { randomUUID } from 'node:crypto'
import underPressure from '@fastify/under-pressure'
import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import { listenAddress } from './listen-address.ts'
import { videoOf } from './video.ts'

const app = Fastify({
  logger: true,
  requestIdHeader: 'x-request-id',
  // Fastify's own ids are `req-1`, `req-2`, …: the same in every process, so of no use between services.
  genReqId: () => randomUUID(),
})

app.addHook('onRequest', (request, reply, done) => {
  reply.header('x-request-id', request.id)
  done()
})
// A CommonJS module with `exports.default`, which Node hands over as it is.
await app.register(fastifyMetrics.default, { endpoint: '/metrics' })
await app.register(underPressure, {
  maxEventLoopDelay: 1000,
  maxHeapUsedBytes: 1_000_000_000,
  exposeStatusRoute: '/readiness',
})

app.get<{ Params: { id: string } }>('/videos/:id', async (request) => videoOf(request.params.id))

closeWithGrace({ delay: 10_000 }, async ({ err }) => {
  if (err !== undefined) app.log.error(err)
  await app.close()
})

await app.listen(listenAddress())
