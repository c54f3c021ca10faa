import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHttpClient } from '@keelson/http-client'
import { Pool } from 'undici'
import { findFreePort } from '../restarts/free-port.ts'

/** What one call costs the caller. */
export interface CostSample {
  /** Time of the processor per call, user and system, in microseconds. */
  readonly cpuMicros: number
  readonly callsPerSecond: number
}

/** How a call is made. */
export type CostStack = 'undici Pool' | 'keelson' | 'global fetch' | 'global fetch, dispatcher of keelson'

export const costStacks: readonly CostStack[] = [
  'undici Pool',
  'keelson',
  'global fetch',
  'global fetch, dispatcher of keelson',
]

const concurrency = 50

/**
 * Measures calls of each kind in turn against a server in a process of its own.
 *
 * @param rounds measured rounds of each, after one to warm up
 * @param callCount calls per round
 */
export async function runCost(
  rounds: number,
  callCount: number,
): Promise<ReadonlyMap<CostStack, readonly CostSample[]>> {
  const port = await findFreePort()
  const server = spawn(process.execPath, [`${import.meta.dirname}/cost-server.ts`, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  const target = `http://127.0.0.1:${port}`
  const pool = new Pool(target, { connections: 64 })
  const client = createHttpClient({
    service: 'bench',
    dependency: 'server',
    target,
    // Both timers are there and cost what they cost; a machine with much other work on it must not end the run.
    timeoutMs: 60_000,
    attemptTimeoutMs: 60_000,
  })
  const dispatcher = client.dispatcher()
  const calls: Readonly<Record<CostStack, () => Promise<unknown>>> = {
    'undici Pool': async () => {
      const { body } = await pool.request({ method: 'GET', path: '/videos/7' })
      return body.json()
    },
    keelson: () => client.get('/videos/{id}', { params: { id: 7 } }),
    'global fetch': async () => (await fetch(`${target}/videos/7`)).json(),
    'global fetch, dispatcher of keelson': async () =>
      (await fetch(`${target}/videos/7`, { dispatcher })).json(),
  }
  const samples = new Map<CostStack, CostSample[]>(costStacks.map((stack) => [stack, []]))
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const stack of costStacks) {
        const sample = await measure(calls[stack], callCount)
        if (round > 0) samples.get(stack)?.push(sample)
      }
    }
  } finally {
    server.kill('SIGKILL')
    await client.close()
    await pool.destroy()
  }
  return samples
}

async function measure(call: () => Promise<unknown>, callCount: number): Promise<CostSample> {
  const before = process.cpuUsage()
  const startedAt = performance.now()
  let leftCount = callCount
  const caller = async () => {
    while (leftCount-- > 0) await call()
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  const { user, system } = process.cpuUsage(before)
  return {
    cpuMicros: (user + system) / callCount,
    callsPerSecond: (callCount * 1_000) / (performance.now() - startedAt),
  }
}
