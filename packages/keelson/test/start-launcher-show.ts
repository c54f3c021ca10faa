// Says how Node was started, for start-launcher.int.test.ts, and stops at SIGTERM.
import { writeSync } from 'node:fs'
import v8 from 'node:v8'

process.on('SIGTERM', () => {
  writeSync(1, '{"what":"SIGTERM"}\n')
  process.exitCode = 3
  clearInterval(keepAlive)
})
const keepAlive = setInterval(() => {}, 1_000)
const fact = {
  what: 'started',
  pid: process.pid,
  heapLimitBytes: v8.getHeapStatistics().heap_size_limit,
  argv: process.argv.slice(2),
  execArgv: process.execArgv,
  threads: process.env['UV_THREADPOOL_SIZE'],
}
writeSync(1, `${JSON.stringify(fact)}\n`)
