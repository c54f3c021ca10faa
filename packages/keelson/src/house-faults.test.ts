import { createConfig, describeSchema } from '@keelson/config'
import { describe, expect, it } from 'vitest'
import { refineOf } from './dependency-faults.ts'
import { houseFaults, houseRanges } from './house-faults.ts'
import { houseSchema } from './house-schema.ts'

const definition = { name: 'delivery' }
const numbers = describeSchema(houseSchema).filter(({ format }) =>
  ['number', 'nat', 'int', 'duration', 'bytes'].includes(format),
)
const ranges = Object.entries(houseRanges)
/** Everything that must be otherwise for a value to be taken: a grace period is longer than its drain delay. */
const besides: Readonly<Record<string, Record<string, string>>> = {
  'shutdown.drainDelay': { SHUTDOWN_GRACE: '1h' },
}

async function messageOf(key: string, value: number | string): Promise<string | undefined> {
  const refine = await refineOf(definition)
  try {
    const config = await createConfig({
      service: 'delivery',
      schema: houseSchema,
      refine: refine as never, // made for whatever schema a definition has
      env: besides[key] ?? {},
      argv: ['--set', `${key}=${value}`],
    })
    await config.close()
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'KEELSON_CONFIG_INVALID' })
    return (error as Error).message // as just seen
  }
}

describe('houseRanges', () => {
  it('has one for every number of the schema, and no other', () => {
    expect(Object.keys(houseRanges).toSorted()).toEqual(numbers.map(({ key }) => key).toSorted())
  })

  it.each(numbers.map(({ key, default: byDefault }) => [key, byDefault] as const))(
    'takes the default of %s, %s',
    async (key, byDefault) => {
      if (typeof byDefault !== 'number' && typeof byDefault !== 'string') return // unset
      expect(await messageOf(key, byDefault)).toBeUndefined()
    },
  )

  it.each(ranges)('takes both ends of %s', async (key, { min, max }) => {
    expect(await messageOf(key, min)).toBeUndefined()
    expect(await messageOf(key, max)).toBeUndefined()
  })

  it.each(
    ranges.flatMap(([key, { min, max, accepted }]) => {
      const step = accepted.startsWith('a number') ? 0.001 : 1
      return [min - step, max + step]
        .filter((value) => value >= 0 || step < 1)
        .map((value) => [key, value] as const)
    }),
  )('refuses %s = %d in one message with key, value, origin and remedy', async (key, value) => {
    const message = await messageOf(key, value)
    expect(message).toContain('1 fault.')
    expect(message).toContain(`${key} = ${value} is not ${houseRanges[key]?.accepted}`)
    expect(message).toContain(`origin: --set ${key}`)
    expect(message).toContain(`remedy: Set ${key} to ${houseRanges[key]?.accepted}.`)
  })
})

describe('houseFaults', () => {
  it('names every number that is out of range, at once', async () => {
    const config = await createConfig({ service: 'delivery', schema: houseSchema, env: {} })
    const { current } = config
    const wrong = {
      ...current,
      log: { ...current.log, sampleRatio: 1.5, burstLimit: 1_000_001 },
      admission: { ...current.admission, maxConcurrent: 0 },
    }
    expect(houseFaults(current)).toEqual([])
    expect(houseFaults(wrong).map(({ key }) => key)).toEqual([
      'log.sampleRatio',
      'log.burstLimit',
      'admission.maxConcurrent',
    ])
    await config.close()
  })

  it('refuses a drain delay that leaves nothing of the grace period', async () => {
    const message = await messageOf('shutdown.grace', '100ms')
    expect(message, 'a drain delay of 0').toBeUndefined()
    const config = await createConfig({
      service: 'delivery',
      schema: houseSchema,
      env: { SHUTDOWN_GRACE: '5s', SHUTDOWN_DRAIN_DELAY: '5s' },
    })
    expect(houseFaults(config.current)).toMatchObject([
      { key: 'shutdown.drainDelay', problem: expect.stringContaining('5000 ms') },
    ])
    await config.close()
  })
})

describe('refineOf', () => {
  it('checks the numbers of a service without dependencies, and asks the check of its author too', async () => {
    const { current } = await createConfig({
      service: 'delivery',
      schema: houseSchema,
      env: { LOG__SAMPLE_RATIO: '2', ADMISSION__MAX_CONCURRENT: '0' },
    })
    const own = [{ key: 'own', problem: 'is wrong' }]
    const keysOf = async (of: Parameters<typeof refineOf>[0]) =>
      ((await refineOf(of))(current as never) ?? []).map(({ key }) => key) // all that these checks read
    expect(await keysOf(definition)).toEqual(['log.sampleRatio', 'admission.maxConcurrent'])
    expect(await keysOf({ ...definition, refine: () => own })).toEqual([
      'log.sampleRatio',
      'admission.maxConcurrent',
      'own',
    ])
  })
})
