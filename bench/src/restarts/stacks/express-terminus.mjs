// Express 5 with @godaddy/terminus 4.12.1, as the chapter on Kubernetes of its README recommends: five seconds of
// `beforeShutdown`, `useExit0`. JavaScript, since Express brings no types.
import { createServer } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { createTerminus } from '@godaddy/terminus'
import express from 'express'
import { address, answerFor, waitBeforeCloseMs } from './work.ts'

const app = express()
app.use(express.json())

app.get('/videos/:id', async (request, response) => {
  response.json(await answerFor(request.params.id))
})
app.post('/videos', async (request, response) => {
  response.json(await answerFor(request.body.id))
})

const server = createServer(app)
createTerminus(server, {
  signals: ['SIGTERM', 'SIGINT'],
  healthChecks: { '/healthcheck': () => Promise.resolve() },
  beforeShutdown: () => wait(waitBeforeCloseMs),
  useExit0: true,
})
server.listen(address)
