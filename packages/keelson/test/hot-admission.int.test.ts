import { requireServer } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createService } from '../src/index.ts'
import { followEtcd, until } from './followed-etcd.ts'

const etcdProgram = requireServer('etcd')
const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function setup() {
  const { env, rejected, put, change } = await followEtcd(etcdProgram.path, stops, 'admission')
  const service = await createService(
    { name: 'delivery' },
    {
      signals: false,
      argv: [],
      env: {
        ...env,
        HOST: '127.0.0.1',
        PORT: '0',
        OPS_PORT: '0',
      },
      logDestination: { write: () => undefined },
    },
  )
  stops.push(() => service.stop())
  let openedCount = 0
  const waiting: (() => void)[] = []
  service.app.get('/slow', async () => {
    openedCount += 1
    await new Promise<void>((resolve) => waiting.push(resolve))
    return 'done'
  })
  await service.start()
  const address = service.app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    service,
    rejected,
    put,
    change,
    /** Three requests at once: how many were let in, and what the others were told. */
    ask: async () => {
      openedCount = 0
      const answers: (string | null)[] = []
      const asked = [1, 2, 3].map(async () => {
        const response = await fetch(`http://127.0.0.1:${port}/slow`)
        await response.text()
        answers.push(response.headers.get('x-shed'))
      })
      await until(() => openedCount + answers.length === 3, 'three verdicts')
      const letInCount = openedCount
      for (const end of waiting.splice(0)) end()
      await Promise.all(asked)
      return { letInCount, shed: answers.filter((reason) => reason !== null) }
    },
  }
}

describe.skipIf(!etcdProgram.available)('bounds of admission in etcd', () => {
  it('are in force for the next request, and again what they were when they are taken away', async () => {
    const { ask, change, service } = await setup()
    expect(await ask()).toEqual({ letInCount: 3, shed: [] })
    await change({ maxConcurrent: '1' })
    expect(await ask()).toEqual({ letInCount: 1, shed: ['limit', 'limit'] })
    await change({ maxConcurrent: '2', backlog: '0' })
    expect(await ask()).toEqual({ letInCount: 2, shed: ['limit'] })
    await change({ maxConcurrent: null, backlog: null })
    expect(await ask()).toEqual({ letInCount: 3, shed: [] })
    expect(service.config.warnings.join()).not.toContain('admission')
  }, 60_000)

  it('are refused with their whole change when one cannot be used', async () => {
    const { ask, put, rejected } = await setup()
    await put({ maxConcurrent: '1', backlog: '2m' })
    await until(() => rejected.length === 1, 'the refusal')
    expect(rejected[0]?.faults).toHaveLength(1)
    expect(rejected[0]?.faults[0]).toContain('admission.backlog')
    expect(rejected[0]?.faults[0]).toContain('is not a duration from 0s to 1m')
    expect(await ask()).toEqual({ letInCount: 3, shed: [] })
  }, 60_000)
})
