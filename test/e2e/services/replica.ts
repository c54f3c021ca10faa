// One replica of a service with a fixed capacity: so many requests at a time, each for a fixed time. It answers with its address.
import { createServer } from 'node:http'

const { REPLICA_HOST = '127.0.0.1', REPLICA_PORT = '0' } = process.env
const maxConcurrent = 5
const serviceMs = 48
let slowness = 1
let status = 200
let running = 0
const waiting: (() => void)[] = []

const server = createServer((request, response) => {
  const fault = /^\/fault\?slowness=(\d+)&status=(\d+)$/.exec(request.url ?? '')
  if (fault !== null) {
    slowness = Number(fault[1])
    status = Number(fault[2])
    response.end()
    return
  }
  const finish = () => {
    response.statusCode = status
    response.setHeader('content-type', 'text/plain')
    response.end(REPLICA_HOST)
    running -= 1
    waiting.shift()?.()
  }
  const run = () => {
    running += 1
    if (status === 200) setTimeout(finish, serviceMs * slowness)
    else finish()
  }
  if (running < maxConcurrent) run()
  else waiting.push(run)
})
server.listen(Number(REPLICA_PORT), REPLICA_HOST, () => {
  const address = server.address()
  if (typeof address === 'object') process.stdout.write(`listening on ${address?.port ?? 0}\n`)
})
