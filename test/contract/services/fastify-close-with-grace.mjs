// Fastify with close-with-grace, the usual way to stop it gracefully.
import closeWithGrace from 'close-with-grace'
import fastify from 'fastify'

const app = fastify({ logger: true })
app.get('/', async () => ({ hello: 'world' }))
app.get('/healthz', async () => ({ status: 'ok' }))
closeWithGrace({ delay: 10_000 }, async () => {
  await app.close()
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
