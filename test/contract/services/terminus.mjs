// node:http with @godaddy/terminus, which the health module of NestJS is built on: it waits before it closes.
import { createServer } from 'node:http'
import { createTerminus } from '@godaddy/terminus'

const server = createServer((request, response) => {
  response.statusCode = request.url === '/' ? 200 : 404
  response.end('hello')
})
createTerminus(server, {
  signal: 'SIGTERM',
  healthChecks: { '/healthz': async () => {} },
  beforeShutdown: () => new Promise((resolve) => setTimeout(resolve, 1500)),
})
server.listen(Number(process.env.PORT), '127.0.0.1')
