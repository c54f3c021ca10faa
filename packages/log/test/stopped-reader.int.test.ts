import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('./programs/serve-and-log.ts', import.meta.url))
const started: ChildProcess[] = []
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

afterEach(() => {
  agent.destroy()
  for (const child of started.splice(0)) {
    // The shell, the reader and the server: one group.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
})

/** Starts the server with a pipe of the shell; the reader takes everything, or nothing. */
async function serve(reader: 'cat >/dev/null' | 'sleep 600'): Promise<string> {
  const command = `"$0" --conditions=keelson-source "$1" | ${reader}`
  const child = spawn('sh', ['-c', command, process.execPath, program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  started.push(child)
  child.stderr.setEncoding('utf8')
  const [port] = (await once(child.stderr, 'data')) as [string] // the stream has an encoding
  return `http://127.0.0.1:${port}/`
}

async function timeOf(url: string): Promise<number> {
  const startedAt = performance.now()
  const request = get(url, { agent })
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }] // of node:http
  response.resume()
  await once(response, 'end')
  expect(response.statusCode).toBe(200)
  return performance.now() - startedAt
}

function p99(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? Number.NaN
}

test('a reader of standard output that has stopped leaves the 99th percentile of requests within twice that of one that reads', async () => {
  const [reading, stopped] = [await serve('cat >/dev/null'), await serve('sleep 600')]
  const ratios: number[] = []
  // In turn, so that what else the machine does meets both alike. Five tries at most: one is a percentile of few requests.
  while (ratios.length < 5 && !ratios.some((ratio) => ratio < 2)) {
    const times: [number[], number[]] = [[], []]
    for (let index = 0; index < 1000; index++) {
      times[0].push(await timeOf(reading))
      times[1].push(await timeOf(stopped))
    }
    ratios.push(p99(times[1]) / p99(times[0]))
  }
  process.stdout.write(
    `p99 with a stopped reader: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')} times\n`,
  )
  expect(Math.min(...ratios)).toBeLessThan(2)
})
