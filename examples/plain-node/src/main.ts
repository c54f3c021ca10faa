import { createServer } from 'node:http'
import { attach } from 'keelson/attach'

const server = createServer((request, response) => {
  service.log.info('greeting')
  response.end(`Hello from ${request.url}\n`)
})

const service = await attach(server, { name: 'plain-node' })
server.listen(service.config.current.http.port, service.config.current.http.host)
