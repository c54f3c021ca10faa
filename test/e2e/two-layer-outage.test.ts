import { once } from 'node:events'
import { createServer } from 'node:net'
import { createHttpClient } from '@keelson/http-client'
import { startProcess } from '@keelson/testing'
import { expect, it } from 'vitest'
import { callSteadily, startReplicas } from './replicas.ts'

const program = `${import.meta.dirname}/services/relay.ts`

async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host)
  await once(probe, 'listening')
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

it('two layers ask a dependency that is down for next to nothing, and come back with it', async () => {
  const port = await freePort('127.0.0.11')
  const replicas = await startReplicas(3, port)
  const addresses = replicas.map(({ address }) => address)
  const relayPort = await freePort('127.0.0.1')
  const relay = startProcess({
    command: [process.execPath, '--conditions=keelson-source', program],
    env: {
      RELAY_PORT: String(relayPort),
      REPLICA_PORT: String(port),
      REPLICA_ADDRESSES: addresses.join(),
      // What a busy machine makes it refuse is not the dependency's outage.
      ADMISSION__BACKLOG: '0',
    },
  })
  await relay.line((line) => line.startsWith('listening'), 'the port')
  const target = `http://127.0.0.1:${relayPort}`
  const client = createHttpClient({ service: 'users', dependency: 'relay', target })
  const attempts = async () => Number(await (await fetch(`${target}/attempts`)).text())
  const setAll = (query: string) =>
    Promise.all(addresses.map((address) => fetch(`http://${address}:${port}/fault?${query}`)))
  // A sixth of what the replicas can do: what is judged is the policy, on machines that are busy with other tests.
  const rate = 50
  try {
    expect((await callSteadily(client, rate, 2_000)).successRatio).toBeGreaterThan(0.9)
    await setAll('slowness=1&status=503')
    const before = await attempts()
    await callSteadily(client, rate, 3_000)
    const opened = await attempts()
    const open = await callSteadily(client, rate, 5_000)
    const after = await attempts()
    expect((opened - before) / (3 * rate), 'requests per call in the first 3 s').toBeLessThanOrEqual(1.2)
    expect((after - opened) / open.callCount, 'requests per call once open').toBeLessThanOrEqual(0.5)
    expect(open.successRatio).toBe(0)
    expect(client.state().breaker, 'the service in the middle is well').toBe('closed')
    await setAll('slowness=1&status=200')
    await callSteadily(client, rate, 3_000)
    const recovered = await callSteadily(client, rate, 4_000)
    expect(recovered.successRatio, JSON.stringify(recovered.failures)).toBeGreaterThanOrEqual(0.95)
  } finally {
    await client.close()
    await relay[Symbol.asyncDispose]()
    await Promise.all(replicas.map((replica) => replica.process[Symbol.asyncDispose]()))
  }
})
