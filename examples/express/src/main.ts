import { createServer } from 'node:http'
import express from 'express'
import { attach } from 'keelson/attach'

const app = express()
const videos = express.Router()

videos.get('/:id', (request, response) => {
  service.log.info('looking for a video')
  response.json({ id: request.params.id })
})
app.use('/videos', videos)

const server = createServer(app)
const service = await attach(server, { name: 'express-example' })
server.listen(service.config.current.http.port, service.config.current.http.host)
