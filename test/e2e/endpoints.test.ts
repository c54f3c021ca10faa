import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { callSteadily, clientOf, FixedResolver, type Replica, startReplicas } from './replicas.ts'

const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** Five requests at a time for 48 ms each. */
const capacityPerSecond = 104

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

describe('one of three replicas at 60 % load', () => {
  it.each(Object.keys(faults))(
    '%s: the calls succeed, with hardly a retry, on the other two',
    async (fault) => {
      const { port, replicas, client } = await setup(3)
      const [bad] = replicas
      const rate = 0.6 * 3 * capacityPerSecond
      await callSteadily(client, rate, 1_000)
      await faults[fault]?.(bad as Replica, port) // there are three
      const early = await callSteadily(client, rate, 2_000)
      const late = await callSteadily(client, rate, 4_000)

      const callCount = early.callCount + late.callCount
      const successCount = early.successRatio * early.callCount + late.successRatio * late.callCount
      const failures = JSON.stringify([early.failures, late.failures])
      expect(successCount / callCount, `calls that succeeded; ${failures}`).toBeGreaterThanOrEqual(0.995)
      const amplification = (early.attemptCount + late.attemptCount) / callCount
      expect(amplification, 'attempts per call').toBeLessThanOrEqual(1.06)
      const good = replicas.slice(1).reduce((sum, { address }) => sum + (late.answers.get(address) ?? 0), 0)
      const badRatio = (late.attemptCount - good) / late.attemptCount
      expect(badRatio, 'share of the bad replica after 2 s').toBeLessThanOrEqual(0.05)
    },
  )
})

describe('replicas that come', () => {
  it('take their share of the calls, two becoming five', async () => {
    const { replicas, resolver, client } = await setup(5)
    resolver.addresses = replicas.slice(0, 2).map(({ address }) => address)
    const before = await callSteadily(client, 100, 1_500)
    expect(before.answers.size).toBe(2)
    resolver.addresses = replicas.map(({ address }) => address)
    await callSteadily(client, 100, 12_000)
    const after = await callSteadily(client, 100, 4_000)
    expect(after.failures).toEqual({})
    const came = replicas.slice(2).reduce((sum, { address }) => sum + (after.answers.get(address) ?? 0), 0)
    expect(came / after.callCount, 'share of the three that came, of 0.6').toBeGreaterThanOrEqual(0.8 * 0.6)
  })

  it('lose no call when they go, two of five at once', async () => {
    const { replicas, resolver, client } = await setup(5)
    await callSteadily(client, 100, 1_000)
    resolver.addresses = replicas.slice(2).map(({ address }) => address)
    const after = await callSteadily(client, 100, 2_000)
    expect(after.failures).toEqual({})
    expect(client.state().endpoints.map(({ key }) => key)).toEqual(resolver.addresses)
  })
})
