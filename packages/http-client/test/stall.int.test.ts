import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  type BreakerState,
  type ClientAttempt,
  type EndpointChanged,
  subscribe,
} from '@keelson/core/channels'
import type { Resolver } from '@keelson/core/dns'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient } from '../src/index.ts'

/** A server on a thread of its own: it goes on answering while this thread is blocked. */
const serverSource = `
  const { createServer } = require('node:http')
  const { parentPort } = require('node:worker_threads')
  const server = createServer((request, response) => setTimeout(() => response.writeHead(200, { 'content-type': 'text/plain' }).end('answer'), 50))
  server.listen(0, '0.0.0.0', () => parentPort.postMessage(server.address().port))
`
let worker: Worker | undefined

afterEach(async () => {
  await worker?.terminate()
})

function resolverOf(addresses: readonly string[]): Resolver {
  const found = addresses.map((address) => ({ address, family: 4 as const }))
  return { resolve: () => Promise.resolve(found), lookup: (_name, _options, answer) => answer(null, found) }
}

function block(durationMs: number): void {
  const end = performance.now() + durationMs
  while (performance.now() < end) void 0
}

describe('a blocked event loop', () => {
  it.each([
    ['one address', ['127.0.0.1']],
    ['three addresses', ['127.0.0.1', '127.0.0.2', '127.0.0.3']],
  ])(
    'makes no time-outs of answers that have arrived meanwhile, and ejects none of %s',
    async (_what, addresses) => {
      worker = new Worker(serverSource, { eval: true })
      const [port] = (await once(worker, 'message')) as [number] // what the source above posts
      const client = createHttpClient({
        service: 'delivery',
        dependency: 'catalog',
        target: `http://catalog.prod:${port}`,
        resolver: resolverOf(addresses),
        attemptTimeoutMs: 500,
        retry: false,
      })
      const attempts: ClientAttempt[] = []
      const states: BreakerState[] = []
      const changes: EndpointChanged['change'][] = []
      const ends = [
        subscribe('keelson.client.attempt', (attempt) => attempts.push(attempt)),
        subscribe('keelson.breaker.changed', ({ to }) => states.push(to)),
        subscribe('keelson.endpoint.changed', ({ change }) => changes.push(change)),
      ]
      await Promise.all(Array.from({ length: 40 }, () => client.get('/'))) // connections are open from here on
      for (let round = 0; round < 4; round++) {
        const calls = Array.from({ length: 40 }, () => client.get('/'))
        void Promise.allSettled(calls)
        // Behind the poll of the loop: the timers that fell due are the first to run afterwards.
        await new Promise((resolve) => setTimeout(() => setImmediate(resolve), 20))
        block(700)
        expect(new Set(await Promise.all(calls))).toEqual(new Set(['answer']))
      }
      for (const end of ends) end()
      expect(attempts.filter(({ outcome }) => outcome !== 'success')).toEqual([])
      expect(states).toEqual([])
      expect(new Set(changes)).toEqual(new Set(['added']))
      await client.close()
    },
  )
})
