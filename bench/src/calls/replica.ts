// One replica of a service with a fixed capacity: five requests at a time, 48 ms each, so 104 per second.
import { createServer } from 'node:http'

const [, , host = '127.0.0.1', port = '0'] = process.argv
const maxConcurrent = 5
const serviceMs = 48
let slowness = 1
let status = 200
let running = 0
const waiting: (() => void)[] = []

createServer((request, response) => {
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
    response.end(host)
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
}).listen(Number(port), host, () => process.stdout.write('listening\n'))
