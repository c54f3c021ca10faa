import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { fixedSource } from '../test/sources.ts'
import { createConfig } from './config.ts'
import type { Refine } from './refine.ts'

const schema = {
  pool: {
    min: { format: 'integer', default: 1, reload: 'hot' },
    max: { format: 'integer', default: 10, reload: 'hot' },
    limit: { format: 'integer', default: 100 },
  },
  password: { format: 'string', default: 'canary-secret', sensitive: true },
} as const

const refine: Refine<typeof schema> = ({ pool }) => [
  ...(pool.min > pool.max ? [{ key: 'pool.min', problem: 'is above pool.max' } as const] : []),
  ...(pool.max > pool.limit ? [{ key: 'pool.max', problem: 'is above pool.limit' } as const] : []),
]

describe('a check across keys', () => {
  it('is a fault of the start, with the origin of the key that it names', async () => {
    const env = { POOL__MIN: '11' }
    await expect(createConfig({ service: 'catalog', schema, refine, env })).rejects.toMatchObject({
      code: 'KEELSON_CONFIG_INVALID',
      details: {
        faults: [{ key: 'pool.min', value: '11', problem: 'is above pool.max', origin: 'env POOL__MIN' }],
      },
    })
  })

  it('refuses a change as a whole, and lets the corrected one through', async () => {
    const clock = createFakeClock()
    const source = fixedSource()
    const config = await createConfig({ service: 'catalog', schema, refine, sources: [source], clock })
    source.set({ 'pool.min': '20', 'pool.max': '15' })
    await clock.advance(100)
    expect(config.current.pool).toMatchObject({ min: 1, max: 10 })
    source.set({ 'pool.min': '20', 'pool.max': '25' })
    await clock.advance(100)
    expect(config.current.pool).toMatchObject({ min: 20, max: 25 })
  })

  it('looks at what will be in force, where keys of the change wait for the next start', async () => {
    const clock = createFakeClock()
    const source = fixedSource()
    const config = await createConfig({ service: 'catalog', schema, refine, sources: [source], clock })
    source.set({ 'pool.max': '150', 'pool.limit': '200' })
    await clock.advance(100)
    expect(config.current.pool).toEqual({ min: 1, max: 10, limit: 100 })
    expect(config.pendingKeys).toEqual([])
    expect(config.warnings.join()).toContain('pool.max = 150 is above pool.limit')
  })

  it('is not asked while single keys are wrong', async () => {
    const asked: unknown[] = []
    const starting = createConfig({
      service: 'catalog',
      schema,
      refine: (values) => void asked.push(values),
      env: { POOL__MIN: 'few' },
    })
    await expect(starting).rejects.toMatchObject({ code: 'KEELSON_CONFIG_INVALID' })
    expect(asked).toEqual([])
  })

  it.each([
    [
      'returns',
      (text: string) => [{ key: 'password', problem: `is ${text}`, suggestion: `not ${text}` } as const],
    ],
    [
      'throws',
      (text: string) => {
        throw new TypeError(text)
      },
    ],
  ])('shows no secret that it %s', async (_, check) => {
    const error = await createConfig({
      service: 'catalog',
      schema,
      refine: ({ password }) => check(password.reveal()),
    }).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'KEELSON_CONFIG_INVALID' })
    expect(JSON.stringify([String(error), error])).not.toContain('canary')
  })
})
