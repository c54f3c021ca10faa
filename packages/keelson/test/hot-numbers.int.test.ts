import { requireServer } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { houseRanges } from '../src/house-faults.ts'
import { createService } from '../src/index.ts'
import { followEtcd, until } from './followed-etcd.ts'

const etcdProgram = requireServer('etcd')
const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

describe.skipIf(!etcdProgram.available)("the chassis's numbers in etcd", () => {
  it('refuse their whole change, each with key, range and revision, when they are out of range', async () => {
    const { env, rejected, put, change } = await followEtcd(etcdProgram.path, stops, '')
    const service = await createService(
      { name: 'delivery', http: false },
      {
        signals: false,
        argv: [],
        env: { ...env, OPS_PORT: '0' },
        logDestination: { write: () => undefined },
      },
    )
    stops.push(() => service.stop())
    const wrong = Object.entries(houseRanges).map(
      ([key, { max }]) => [key.replaceAll('.', '/'), String(max + 1)] as const,
    )
    await put({ ...Object.fromEntries(wrong), 'log/level': 'debug' })
    await until(() => rejected.length === 1, 'the refusal')
    const faults = rejected[0]?.faults ?? []
    expect(faults).toHaveLength(wrong.length)
    for (const [key, { accepted }] of Object.entries(houseRanges)) {
      const fault = faults.find((text) => text.startsWith(`${key} `))
      expect(fault, key).toContain(`is not ${accepted}`)
      expect(fault).toMatch(/etcd/)
    }
    expect(service.config.current.log.level, 'not even the part that could be used').toBe('info')

    await change(Object.fromEntries(wrong.map(([key]) => [key, null])))
    expect(service.config.current.log.level).toBe('debug')
    await change({ 'log/sampleRatio': '0.5', 'admission/backlog': '1s' })
    expect(service.config.current.log.sampleRatio).toBe(0.5)
    expect(rejected).toHaveLength(1)
  }, 60_000)
})
