import { type ConfigStateChanged, type ConfigSynced, subscribe } from '@keelson/core/channels'
import { createFakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { fixedSource } from '../test/sources.ts'
import { type ConfigOptions, createConfig } from './config.ts'

const schema = {
  level: { format: ['debug', 'info'], default: 'info', reload: 'hot' },
  rate: { format: 'integer', default: 1, reload: 'hot' },
  workers: { format: 'integer', default: 2 },
  password: { format: 'string', default: '', sensitive: true, env: 'DB_PASSWORD' },
} as const

describe('what stands beside the values in force', () => {
  const ends: (() => void)[] = []

  afterEach(() => {
    for (const end of ends.splice(0)) end()
  })

  async function start(options: Partial<ConfigOptions<typeof schema>> = {}) {
    const states: ConfigStateChanged[] = []
    const synced: ConfigSynced[] = []
    const warned: string[] = []
    const clock = createFakeClock()
    const source = fixedSource()
    ends.push(
      subscribe('keelson.config.state', (fact) => states.push(fact)),
      subscribe('keelson.config.synced', (fact) => synced.push(fact)),
      subscribe('keelson.config.warned', (fact) => warned.push(fact.warning)),
    )
    const config = await createConfig({ service: 'catalog', schema, sources: [source], clock, ...options })
    ends.push(() => void config.close())
    return { config, source, clock, states, synced, warned }
  }

  it('is told once at start and when it changes', async () => {
    const { source, clock, states, warned } = await start()
    expect(states).toEqual([{ service: 'catalog', pendingKeys: [], shadowedKeys: [], pinnedKeys: [] }])
    source.set({ workers: '3' })
    await clock.advance(100)
    source.set({ workers: '3', rate: '2' })
    await clock.advance(100)
    expect(states.slice(1)).toEqual([
      { service: 'catalog', pendingKeys: ['workers'], shadowedKeys: [], pinnedKeys: [] },
    ])
    expect(warned).toEqual(['workers was changed by fixed workers; it takes effect at the next start.'])
  })

  it('says each time that a source was read, news or not', async () => {
    const { source, synced } = await start()
    source.set({})
    source.set({})
    expect(synced).toHaveLength(3)
  })

  it('names keys that are set remotely without effect, with both origins', async () => {
    const env = { RATE: '5', KEELSON_CONFIG_PIN: 'rate' }
    const { config, source, clock, states, warned } = await start({ env, argv: ['--set', 'level=debug'] })
    source.set({ rate: '7', level: 'info' })
    await clock.advance(100)
    expect(config.current).toMatchObject({ rate: 5, level: 'debug' })
    expect(states.at(-1)).toMatchObject({ shadowedKeys: ['level', 'rate'], pinnedKeys: ['rate'] })
    expect(warned).toEqual([
      'fixed level has no effect: --set level sets level and wins.',
      'fixed rate has no effect: env RATE sets rate and wins.',
    ])
    expect(config.explain('rate')).toMatchObject({ shadowed: true, pinned: true })
    expect(config.explain('workers').shadowed).toBe(false)
  })

  it('does not fill the log with the warnings of a prefix full of strange keys', async () => {
    const { source, clock, warned } = await start()
    source.set(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`strange${index}`, ''])))
    await clock.advance(100)
    expect(warned).toHaveLength(21)
    expect(warned.at(-1)).toBe('80 more keys of the source are ignored: no key has their names.')
  })

  it('takes one change in 5 s after more than 20 in a minute, the newest of them', async () => {
    const { config, source, clock } = await start()
    for (let rate = 2; rate <= 200; rate++) {
      source.set({ rate: String(rate) })
      await clock.advance(150)
    }
    // 21 at their own pace, then one in 5 s of the remaining 27.
    expect(config.revision).toBeLessThanOrEqual(1 + 21 + 6)
    expect(config.warnings.join()).toContain('more often than 20 times a minute')
    await clock.advance(5_000)
    expect(config.current.rate).toBe(200)
    await clock.advance(120_000)
    expect(config.warnings).toEqual([])
  })

  it.each([
    ['a value above 64 KiB', { level: 'x'.repeat(65_537) }, 'is larger than 65536 bytes'],
    [
      'more than 5,000 keys',
      Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`k${index}`, ''])),
      'holds 5002 keys',
    ],
    [
      'more than 4 MiB',
      Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`k${index}`, 'x'.repeat(60_000)])),
      'bytes, more than 4194304',
    ],
  ])('refuses %s from a source and keeps what it has', async (_, values, problem) => {
    const { config, source, clock } = await start()
    source.set({ rate: '2' })
    await clock.advance(100)
    source.set({ ...values, rate: '3' })
    await clock.advance(100)
    expect(config.current.rate).toBe(2)
    expect(config.warnings.join()).toContain(problem)
  })

  it('names the variables of secrets, so that they can be taken out of the process', async () => {
    const { config } = await start()
    expect(config.sensitiveVariables()).toEqual(['PASSWORD', 'DB_PASSWORD'])
  })
})
