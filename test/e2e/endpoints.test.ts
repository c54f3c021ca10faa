import { once } from 'node:events'
import { createServer } from 'node:net'
import { subscribe } from '@keelson/core/channels'
import type { HttpClient } from '@keelson/http-client'
import { afterEach, describe, expect, it } from 'vitest'
import { callSteadily, clientOf, FixedResolver, type Replica, startReplicas } from './replicas.ts'

const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** Two requests at a time for 20 ms each: 100 per second and replica. */
const capacityPerSecond = 100

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.11')
  await once(probe, 'listening')
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function setup(count: number) {
  const port = await freePort()
  const replicas = await startReplicas(count, port)
  const resolver = new FixedResolver(replicas.map(({ address }) => address))
  const client = clientOf(resolver, port)
  stops.push(
    () => Promise.all(replicas.map(({ process }) => process[Symbol.asyncDispose]())),
    () => client.close(),
  )
  return { port, replicas, resolver, client }
}

/** What happens to a replica. */
const faults: Readonly<Record<string, (replica: Replica, port: number) => unknown>> = {
  refused: async ({ process }) => {
    process.signal('SIGKILL')
    await process.exited()
  },
  'black-holed': ({ process }) => process.signal('SIGSTOP'),
  'answering 503': ({ address }, port) => fetch(`http://${address}:${port}/fault?slowness=1&status=503`),
  '20 times slower': ({ address }, port) => fetch(`http://${address}:${port}/fault?slowness=20&status=200`),
}

/** Counts the attempts that go to an address, by what the balancer has taken it for. */
function takenBy(client: HttpClient, address: string): number {
  return client.state().endpoints.find(({ key }) => key === address)?.outstandingCount ?? 0
}

describe('one of three replicas at 60 % load', () => {
  it.each(Object.keys(faults))(
    '%s: the calls succeed, with hardly a retry, on the other two',
    async (fault) => {
      const { port, replicas, client } = await setup(3)
      const [bad] = replicas
      const rate = 0.6 * 3 * capacityPerSecond
      await callSteadily(client, rate, 1_000)
      await faults[fault]?.(bad as Replica, port) // there are three
      let ejections = 0
      stops.push(
        subscribe('keelson.endpoint.changed', ({ change }) => (ejections += Number(change === 'ejected'))),
      )
      const first = await callSteadily(client, rate, 2_000)
      const then = await callSteadily(client, rate, 4_000)
      console.log(
        fault,
        JSON.stringify(
          {
            first: { ...first, answers: [...first.answers] },
            then: { ...then, answers: [...then.answers] },
            ejections,
            state: client.state().endpoints,
          },
          undefined,
          1,
        ),
        takenBy(client, ''),
      )
      expect(then.successRatio).toBeGreaterThanOrEqual(0.995)
    },
  )
})
