import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHttpClient } from '@keelson/http-client'
import { findFreePort } from '../restarts/free-port.ts'
import { seededRandom } from './seeded-random.ts'

/** What a failing call costs while the window of the breaker is full. */
export interface FailingSample {
  readonly seed: number
  /** Completed calls in the window. */
  readonly windowCount: number
  /** CPU of the caller per call that succeeds, in microseconds. */
  readonly goodMicros: number
  /** The same per call that is answered with 500. */
  readonly failingMicros: number
}

const windowCount = 50_000
const batchCount = 2_000
const batches = 15
const concurrency = 50

/** Fills a window with calls, then measures batches that all succeed and batches half of which fail, in turn. */
export async function runFailing(seed: number): Promise<FailingSample> {
  const random = seededRandom(seed)
  const port = await findFreePort()
  const server = spawn(process.execPath, [`${import.meta.dirname}/cost-server.ts`, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  const client = createHttpClient({
    service: 'bench',
    dependency: 'server',
    target: `http://127.0.0.1:${port}`,
    // A window that none of the calls leaves; a ratio that a half of the batches does not reach.
    breaker: { samplingMs: 600_000, failureRatio: 0.9 },
    endpoints: { samplingMs: 600_000, failureRatio: 1, consecutiveFailures: 1_000 },
  })
  const good = () => client.get('/videos/7')
  const bad = () => client.get('/broken').catch(() => undefined)
  const mixed = () => (random() < 0.5 ? good() : bad())
  try {
    await measure(good, windowCount)
    const goods: number[] = []
    const halves: number[] = []
    for (let batch = 0; batch < batches; batch++) {
      goods.push(await measure(good, batchCount))
      halves.push(await measure(mixed, batchCount))
    }
    if (client.state().breaker !== 'closed') throw new Error('The breaker opened: nothing was measured.')
    const goodMicros = middle(goods)
    return { seed, windowCount, goodMicros, failingMicros: 2 * middle(halves) - goodMicros }
  } finally {
    server.kill('SIGKILL')
    await client.close()
  }
}

/** @returns CPU of this process per call, in microseconds */
async function measure(call: () => Promise<unknown>, callCount: number): Promise<number> {
  const before = process.cpuUsage()
  let leftCount = callCount
  const caller = async () => {
    while (leftCount-- > 0) await call()
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / callCount
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
