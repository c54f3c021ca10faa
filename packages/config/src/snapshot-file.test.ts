import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fixedSource, type TestSource } from '../test/sources.ts'
import { type Config, type ConfigOptions, createConfig } from './config.ts'

const schema = {
  level: { format: ['debug', 'info'], default: 'info', reload: 'hot' },
  rate: { format: 'integer', default: 1, reload: 'hot' },
  password: { format: 'string', default: '', sensitive: true },
} as const

describe('the snapshot file', () => {
  let folder = ''
  let clock: FakeClock
  let open: Config<typeof schema>[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keelson-snapshot-'))
    clock = createFakeClock()
    open = []
  })

  afterEach(async () => {
    await Promise.all(open.map((config) => config.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  const path = () => join(folder, 'catalog.development.config.json')

  async function start(
    source: TestSource,
    options: Partial<ConfigOptions<typeof schema>> = {},
  ): Promise<Config<typeof schema>> {
    const config = await createConfig({
      service: 'catalog',
      schema,
      sources: [source],
      snapshotFile: { directory: folder },
      clock,
      ...options,
    })
    open.push(config)
    return config
  }

  it('lets a start succeed with what an earlier one has read, and says so', async () => {
    await (await start(fixedSource({ level: 'debug', rate: '7' }))).close()
    const config = await start(outOfReach())
    expect(config.current).toMatchObject({ level: 'debug', rate: 7 })
    expect(config.explain('rate').origin).toBe('fixed rate (snapshot)')
    expect(config.warnings).toEqual([
      expect.stringMatching(/fixed is unavailable: refused\nIts values are those of 2026-01-01T00:00:00/),
    ])
  })

  it('no longer warns once the source is read', async () => {
    await (await start(fixedSource({ rate: '7' }))).close()
    const source = outOfReach()
    let listener: Parameters<NonNullable<TestSource['watch']>>[0] | undefined
    const config = await start({ ...source, watch: (listening) => void (listener = listening) })
    const entries = [{ key: 'rate', text: '8', origin: 'fixed rate' }]
    listener?.changed({ revision: '2', layers: [{ entries, unknownKeys: 'warn' }] })
    await clock.advance(100)
    expect(config.current.rate).toBe(8)
    expect(config.warnings).toEqual([])
  })

  it('is for the owner alone, and holds neither secrets nor what the schema does not know', async () => {
    const values = { rate: '7', password: 'canary-a', unknown: 'canary-b' }
    await (await start(fixedSource(values))).close()
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(readFileSync(path(), 'utf8')).not.toContain('canary')
    expect(readdirSync(folder)).toEqual(['catalog.development.config.json'])
  })

  it('is not written with a change that is refused', async () => {
    const source = fixedSource({ rate: '7' })
    const config = await start(source)
    source.set({ rate: 'many' })
    await clock.advance(100)
    await config.close()
    expect((await start(outOfReach())).current.rate).toBe(7)
  })

  it('is written with a change that is taken', async () => {
    const source = fixedSource({ rate: '7' })
    const config = await start(source)
    source.set({ rate: '8' })
    await clock.advance(100)
    await config.close()
    expect((await start(outOfReach())).current.rate).toBe(8)
  })

  it('stays young while the source says nothing new, and does not grow younger by being started from', async () => {
    const source = fixedSource({ rate: '7' })
    const config = await start(source)
    await clock.advance(86_000_000)
    source.set({ rate: '7' })
    await clock.advance(100)
    await config.close()
    await clock.advance(80_000_000)
    await (await start(outOfReach())).close()
    await clock.advance(7_000_000)
    await expect(start(outOfReach())).rejects.toMatchObject({ code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE' })
  })

  it.each([
    ['there is none', () => undefined, 'does not exist yet'],
    ['it is damaged', () => writeFileSync(path(), '{'), 'is damaged'],
    ['it has another form', () => writeFileSync(path(), '{"form":0,"sources":[]}'), 'is damaged'],
  ])('does not help where %s, which the error says', async (_, prepare, reason) => {
    prepare()
    const error = await start(outOfReach()).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE' })
    expect(String(error)).toContain(reason)
  })

  it('does not help where it is older than allowed, or from the future', async () => {
    await (await start(fixedSource({ rate: '7' }))).close()
    const later = createFakeClock(clock.now() + 86_400_001)
    await expect(start(outOfReach(), { clock: later })).rejects.toThrow('24 h old')
    const earlier = createFakeClock(clock.now() - 86_400_001)
    await expect(start(outOfReach(), { clock: earlier })).rejects.toThrow('24 h old')
  })

  it('is not looked at for a source that must answer, and used where any start will do', async () => {
    await (await start(fixedSource({ rate: '7' }))).close()
    await expect(start(outOfReach(true))).rejects.toMatchObject({
      code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE',
    })
    expect((await start(outOfReach(false))).current.rate).toBe(7)
  })

  it('is missing without a folder for it, which the error says', async () => {
    const starting = start(outOfReach(), { snapshotFile: () => undefined })
    await expect(starting).rejects.toThrow('There is no folder for a snapshot.')
  })

  it('does no harm where it cannot be written, and is mentioned', async () => {
    writeFileSync(join(folder, 'file'), '')
    const config = await start(fixedSource(), { snapshotFile: { directory: join(folder, 'file') } })
    await config.close()
    expect(config.warnings.join()).toContain('cannot be written')
  })

  it('refuses an age that is none', async () => {
    await expect(
      start(fixedSource(), { snapshotFile: { directory: folder, maxAgeMs: 0 } }),
    ).rejects.toMatchObject({ code: 'KEELSON_CONFIG_OPTIONS_INVALID' })
  })
})

const outOfReach = (required: boolean | 'snapshot' = 'snapshot') => ({
  ...fixedSource(),
  required,
  load: () => Promise.reject(new Error('refused')),
})
