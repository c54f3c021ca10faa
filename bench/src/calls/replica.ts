// One replica of a service with a fixed capacity: five requests at a time, 48 ms each, so 104 per second. With `/tail?oneIn=25` one
// request in 25 takes several times as long, at the same capacity; which one follows from `/work?call=` and the attempt.
// `/count` says how many requests of work came in.
import { createServer, type IncomingMessage } from 'node:http'
import { slownessOf, type Tail } from './tail.ts'

const [, , host = '127.0.0.1', port = '0'] = process.argv
const maxConcurrent = 5
const serviceMs = 48
let slowness = 1
let status = 200
let tail: Tail | undefined
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
  const tailed = /^\/tail\?oneIn=(\d+)$/.exec(request.url ?? '')
  if (tailed !== null) {
    tail = { oneIn: Number(tailed[1]) }
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
    if (status === 200) setTimeout(finish, serviceMs * slowness * tailOf(request))
    else finish()
  }
  if (running < maxConcurrent) run()
  else waiting.push(run)
}).listen(Number(port), host, () => process.stdout.write('listening\n'))

function tailOf({ url = '', headers }: IncomingMessage): number {
  if (tail === undefined) return 1
  return slownessOf(tail, Number(url.split('=')[1]), Number(headers['x-retry-attempt']))
}
