// A service with streams of events that have no end of their own, as docs/guides/stopping.md shows it.
import type { ServerResponse } from 'node:http'
import { createService } from 'keelson'

const service = await createService({ name: 'events' })
const streams = new Set<ServerResponse>()

service.app.get('/events', (_request, reply) => {
  reply.hijack()
  const stream = reply.raw
  streams.add(stream)
  stream.once('close', () => streams.delete(stream))
  stream.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
})
service.onClosing(() => {
  for (const stream of streams) stream.end()
})

await service.start()
