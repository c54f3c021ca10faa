import {
  type ConfigApplied,
  type ConfigRejected,
  type ConfigSourceChanged,
  subscribe,
} from '@keelson/core/channels'
import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fixedSource, type TestSource } from '../test/sources.ts'
import { type Config, createConfig } from './config.ts'

const schema = {
  level: { format: ['debug', 'info', 'error'], default: 'info', reload: 'hot' },
  limits: {
    rate: { format: 'integer', default: 1, reload: 'hot' },
    burst: { format: 'integer', default: 1, reload: 'hot' },
  },
  workers: { format: 'integer', default: 2 },
  password: { format: 'string', default: '', sensitive: true },
} as const

describe('a configuration that follows its sources', () => {
  let clock: FakeClock
  let source: TestSource
  let config: Config<typeof schema>
  const applied: ConfigApplied[] = []
  const rejected: ConfigRejected[] = []
  const reached: ConfigSourceChanged[] = []
  let unsubscribe: (() => void)[] = []

  beforeEach(async () => {
    applied.length = 0
    rejected.length = 0
    reached.length = 0
    unsubscribe = [
      subscribe('keelson.config.applied', (fact) => applied.push(fact)),
      subscribe('keelson.config.rejected', (fact) => rejected.push(fact)),
      subscribe('keelson.config.source', (fact) => reached.push(fact)),
    ]
    clock = createFakeClock()
    source = fixedSource()
    config = await createConfig({ service: 'catalog', schema, sources: [source], clock })
  })

  afterEach(async () => {
    for (const end of unsubscribe) end()
    await config.close()
  })

  it('publishes the first snapshot and the source', () => {
    expect(applied).toEqual([{ service: 'catalog', revision: 1, hash: config.hash, changedKeys: [] }])
    expect(reached).toEqual([{ service: 'catalog', source: 'fixed', up: true }])
  })

  it('applies a change 100 ms after the last of a burst, as one', async () => {
    const seen: unknown[] = []
    config.subscribe('limits', (next, previous) => seen.push([next, previous]))
    const before = config.current
    source.set({ 'limits.rate': '5' })
    await clock.advance(99)
    source.set({ 'limits.rate': '6', 'limits.burst': '7' })
    await clock.advance(99)
    expect(config.current).toBe(before)
    await clock.advance(1)
    expect(config.current.limits).toEqual({ rate: 6, burst: 7 })
    expect(Object.isFrozen(config.current.limits)).toBe(true)
    expect(before.limits).toEqual({ rate: 1, burst: 1 })
    expect(seen).toEqual([
      [
        { rate: 6, burst: 7 },
        { rate: 1, burst: 1 },
      ],
    ])
    expect(config.revision).toBe(2)
    expect(applied.at(-1)).toEqual({
      service: 'catalog',
      revision: 2,
      hash: config.hash,
      changedKeys: ['limits.rate', 'limits.burst'],
    })
    expect(applied[0]?.hash).not.toBe(config.hash)
  })

  it('applies within a second although changes do not end', async () => {
    for (let i = 1; i <= 11; i++) {
      source.set({ 'limits.rate': String(i) })
      await clock.advance(90)
    }
    expect(config.revision).toBe(1)
    source.set({ 'limits.rate': '12' })
    await clock.advance(10)
    expect(config.current.limits.rate).toBe(12)
  })

  it('tells subscribers of a key or a group only what concerns them, in order', async () => {
    const seen: string[] = []
    config.subscribe('level', (next, previous) => seen.push(`level ${previous} ${next}`))
    const end = config.subscribe('limits.rate', (next) => seen.push(`rate ${next}`))
    config.subscribe('limits', (next) => seen.push(`limits ${next.rate}`))
    source.set({ 'limits.rate': '5' })
    await clock.advance(100)
    expect(seen).toEqual(['rate 5', 'limits 5'])
    end()
    source.set({ 'limits.rate': '6', level: 'debug' })
    await clock.advance(100)
    expect(seen.slice(2)).toEqual(['level info debug', 'limits 6'])
  })

  it('tells nobody when the values are the same', async () => {
    const seen: unknown[] = []
    config.subscribe('limits', (next) => seen.push(next))
    source.set({ 'limits.rate': '1' })
    await clock.advance(100)
    expect(seen).toEqual([])
    expect(config.revision).toBe(1)
    expect(config.explain('limits.rate').origin).toBe('fixed limits.rate')
  })

  it('refuses a change set with one bad value as a whole, once, and heals', async () => {
    const bad = { 'limits.rate': '5', 'limits.burst': 'many', password: 'hunter2' }
    source.set(bad)
    await clock.advance(100)
    expect(config.current.limits).toEqual({ rate: 1, burst: 1 })
    expect(config.revision).toBe(1)
    expect(rejected).toEqual([
      { service: 'catalog', faults: ['limits.burst = "many" is not a whole number (fixed limits.burst)'] },
    ])
    expect(config.warnings.join('\n')).toContain('the last good configuration kept')
    source.set(bad)
    await clock.advance(100)
    expect(rejected).toHaveLength(1)
    source.set({ 'limits.rate': '5', 'limits.burst': '6' })
    await clock.advance(100)
    expect(config.current.limits).toEqual({ rate: 5, burst: 6 })
    expect(config.warnings).toEqual([])
    source.set(bad)
    await clock.advance(100)
    expect(rejected).toHaveLength(2)
  })

  it('records a change of a restart key without applying it, and forgets it when it is taken back', async () => {
    const seen: unknown[] = []
    config.subscribe('workers', (next) => seen.push(next))
    source.set({ workers: '9', 'limits.rate': '3' })
    await clock.advance(100)
    expect(config.current.workers).toBe(2)
    expect(config.current.limits.rate).toBe(3)
    expect(config.pendingKeys).toEqual(['workers'])
    expect(config.explain('workers')).toMatchObject({
      value: 2,
      origin: 'schema',
      pending: { value: 9, origin: 'fixed workers' },
    })
    expect(config.toRedacted().workers).toEqual({
      value: 2,
      origin: 'schema',
      pending: { value: 9, origin: 'fixed workers' },
    })
    expect(config.warnings.join('\n')).toContain('workers was changed by fixed workers')
    source.set({ 'limits.rate': '3' })
    await clock.advance(100)
    expect(config.pendingKeys).toEqual([])
    expect(seen).toEqual([])
  })

  it('ignores secrets and unknown keys of a source with a warning that does not show them', async () => {
    source.set({ password: 'hunter2', levle: 'debug' })
    await clock.advance(100)
    expect(config.current.password.reveal()).toBe('')
    expect(config.warnings).toEqual([
      'fixed password is ignored: password cannot be set from a remote source.',
      'fixed levle is ignored: no key has this name. Did you mean level?',
    ])
  })

  it('lets no subscriber that throws stop another, and counts it', async () => {
    const seen: unknown[] = []
    config.subscribe('level', () => {
      throw new TypeError('hunter2')
    })
    config.subscribe('level', (next) => seen.push(next))
    source.set({ level: 'debug' })
    await clock.advance(100)
    expect(seen).toEqual(['debug'])
    expect(config.warnings).toEqual(['A subscriber of level threw 1 times, last a TypeError.'])
  })

  it('does not run a subscriber that was added while a change is told', async () => {
    const seen: string[] = []
    config.subscribe('level', () => {
      config.subscribe('level', () => seen.push('late'))
    })
    source.set({ level: 'debug' })
    await clock.advance(100)
    expect(seen).toEqual([])
  })

  it('passes on whether the source is within reach', () => {
    source.listener?.reachable(false)
    expect(reached.at(-1)).toEqual({ service: 'catalog', source: 'fixed', up: false })
  })

  it('stops following when it is closed, twice without harm, and leaves no timer behind', async () => {
    source.set({ level: 'debug' })
    await config.close()
    await config.close()
    source.set({ level: 'error' })
    await clock.advance(1_000)
    expect(config.current.level).toBe('info')
    expect(source.closeCount).toBe(1)
    expect(clock.pendingCount).toBe(0)
  })
})

describe('sources of createConfig', () => {
  it('makes sources from what is configured locally, and reports local faults before they are asked', async () => {
    const bootstrap = {
      etcd: { endpoints: { format: 'array', default: [], sources: ['default', 'env'] } },
      needed: { format: 'string' },
      port: { format: 'port', default: 1 },
    } as const
    const config = await createConfig({
      service: 'catalog',
      schema: bootstrap,
      env: { ETCD__ENDPOINTS: 'http://a:1,http://b:2' },
      sources: ({ service, environment, value }) => {
        expect([service, environment, value('etcd.endpoints')]).toEqual([
          'catalog',
          'development',
          ['http://a:1', 'http://b:2'],
        ])
        return [fixedSource({ needed: 'from afar' })]
      },
    })
    expect(config.current.needed).toBe('from afar')
    await config.close()
    const failure = await createConfig({
      service: 'catalog',
      schema: bootstrap,
      env: { PORT: 'x' },
      sources: ({ value }) => [fixedSource({ needed: String(value('port')) })],
    }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'KEELSON_CONFIG_INVALID', details: { faults: [{ key: 'port' }] } })
  })

  it('counts what a source refuses of its options as a fault of the configuration', async () => {
    const refused = new KeelsonError(
      'KEELSON_ETCD_OPTIONS_INVALID',
      'endpoints must be all https or all http',
    )
    await expect(
      createConfig({ service: 'catalog', schema, sources: () => Promise.reject(refused) }),
    ).rejects.toMatchObject({ code: 'KEELSON_CONFIG_INVALID', details: { faults: [{ key: 'sources' }] } })
    const other = new Error('a mistake in the code')
    await expect(
      createConfig({ service: 'catalog', schema, sources: () => Promise.reject(other) }),
    ).rejects.toBe(other)
  })

  it('closes the sources when the first snapshot has faults', async () => {
    const source = fixedSource({ level: 'loud' })
    await expect(createConfig({ service: 'catalog', schema, sources: [source] })).rejects.toMatchObject({
      code: 'KEELSON_CONFIG_INVALID',
      details: { faults: [{ key: 'level', origin: 'fixed level' }] },
    })
    expect(source.closeCount).toBe(1)
  })

  it('fails with the cause when a required source fails, and closes all', async () => {
    const well = fixedSource()
    const cause = new Error('refused')
    const ill = { ...fixedSource(), load: () => Promise.reject(cause) }
    await expect(createConfig({ service: 'catalog', schema, sources: [well, ill] })).rejects.toMatchObject({
      code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE',
      cause,
    })
    expect(well.closeCount).toBe(1)
  })

  it('goes on with a warning when an optional source fails, and takes its values later', async () => {
    const clock = createFakeClock()
    const late = fixedSource()
    const source = { ...late, required: false, load: () => Promise.reject(new Error('refused')) }
    const config = await createConfig({ service: 'catalog', schema, sources: [source], clock })
    expect(config.warnings.join('\n')).toContain('fixed is unavailable')
    late.set({ level: 'error' })
    await clock.advance(100)
    expect(config.current.level).toBe('error')
    await config.close()
  })

  it('does not wait for a source beyond its budget, even for one that does not follow the signal', async () => {
    const clock = createFakeClock()
    const reasons: unknown[] = []
    const deaf = {
      ...fixedSource(),
      load: (signal: AbortSignal) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason))
        return new Promise<never>(() => undefined)
      },
    }
    const opening = createConfig({ service: 'catalog', schema, sources: [deaf], clock }).catch(
      (error: unknown) => error,
    )
    // convict is loaded before the sources are asked.
    while (clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(4_999)
    expect(reasons).toEqual([])
    await clock.advance(251)
    expect(reasons).toHaveLength(1)
    expect(await opening).toMatchObject({ code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE' })
    expect(clock.pendingCount).toBe(0)
  })
})
