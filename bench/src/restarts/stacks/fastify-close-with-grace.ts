// Fastify as the README of close-with-grace 2.5.0 shows it; with a wait before the close where the bench asks for one.
import { setTimeout as wait } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import { address, answerFor, waitBeforeCloseMs } from './work.ts'

const app = Fastify()

app.get<{ Params: { id: string } }>('/videos/:id', (request) => answerFor(request.params.id))
app.post<{ Body: { id: string } }>('/videos', (request) => answerFor(request.body.id))

closeWithGrace(async ({ signal, err }) => {
  if (err) app.log.error({ err }, 'server closing with error')
  else app.log.info(`${signal} received, server closing`)
  if (waitBeforeCloseMs > 0) await wait(waitBeforeCloseMs)
  await app.close()
})

await app.listen(address)
