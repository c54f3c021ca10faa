// Answers requests on a free port and writes five lines for each. Says its port on standard error, once standard output
// has taken more than a pipe holds.
import { createServer } from 'node:http'
import { createLog } from '../../src/index.ts'

const log = createLog({ service: 'server' })
for (let number = 0; number < 2000; number++) log.logger.info({ number, text: 'x'.repeat(100) }, 'before')

const server = createServer((request, response) => {
  for (let number = 0; number < 5; number++)
    log.logger.info({ number, url: request.url }, 'a line of a request')
  response.end('ok')
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stderr.write(String(typeof address === 'object' && address !== null ? address.port : 0))
})
