// One replica of a service with a fixed capacity: five requests at a time, 48 ms each, so 104 per second. With `/tail` one request
// in 25 takes six times as long, at the same capacity. `/count` says how many requests of work came in.
import { createServer } from 'node:http'

const [, , host = '127.0.0.1', port = '0'] = process.argv
const maxConcurrent = 5
const serviceMs = 48
let slowness = 1
let status = 200
let hasTail = false
let workCount = 0
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
  if (request.url === '/tail') {
    hasTail = true
    response.end()
    return
  }
  if (request.url === '/count') {
    response.end(String(workCount))
    return
  }
  workCount += 1
  const finish = () => {
    response.statusCode = status
    response.setHeader('content-type', 'text/plain')
    response.end(host)
    running -= 1
    waiting.shift()?.()
  }
  const run = () => {
    running += 1
    if (status === 200) setTimeout(finish, serviceMs * slowness * tail())
    else finish()
  }
  if (running < maxConcurrent) run()
  else waiting.push(run)
}).listen(Number(port), host, () => process.stdout.write('listening\n'))

/** 24 × 0.8 and 1 × 5.8 are 25 in all. */
function tail(): number {
  if (!hasTail) return 1
  return Math.random() < 1 / 25 ? 5.8 : 0.8
}
