import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Config, createConfig } from './config.ts'

const schema = {
  level: { format: ['debug', 'info', 'warn'], default: 'info', reload: 'hot' },
  db: {
    port: { format: 'port', default: 5432 },
    password: { format: 'string', default: '', sensitive: true },
  },
} as const

describe('the mounted directory', () => {
  let folder = ''
  let config: Config<typeof schema> | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keelson-mounted-'))
  })

  afterEach(async () => {
    await config?.close()
    config = undefined
    rmSync(folder, { recursive: true, force: true })
  })

  const start = async (env: Readonly<Record<string, string>> = {}, clock = createFakeClock()) => {
    config = await createConfig({
      service: 'catalog',
      schema,
      env: { KEELSON_CONFIG_DIR: folder, ...env },
      clock,
    })
    return config
  }

  /** Puts files there as the kubelet does: a folder of their own, then the link to it is swapped at once. */
  function swap(generation: string, files: Readonly<Record<string, string>>): void {
    mkdirSync(join(folder, generation))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, generation, name), text)
    symlinkSync(generation, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }

  it('gives values by key or environment name, above the environment', async () => {
    swap('..1', { level: 'debug\n', DB__PASSWORD: 'canary' })
    const running = await start({ LEVEL: 'warn' })
    expect(running.current.level).toBe('debug')
    expect(running.current.db.password.reveal()).toBe('canary')
    expect(running.explain('level').layers.map(({ layer, origin }) => [layer, origin])).toEqual([
      ['default', 'schema'],
      ['env', 'env LEVEL'],
      ['mounted', join(folder, 'level')],
    ])
    expect(running.warnings).toEqual([])
  })

  it('is read anew at the latest 30 s after a swap, whatever the file system reports', async () => {
    const clock = createFakeClock()
    swap('..1', { level: 'debug' })
    const running = await start({}, clock)
    swap('..2', { level: 'warn' })
    await clock.advance(30_100)
    expect(running.current.level).toBe('warn')
    swap('..3', {})
    await clock.advance(30_100)
    expect(running.current.level).toBe('info')
  })

  it('is refused as a whole while one of its values is wrong, and heals', async () => {
    const clock = createFakeClock()
    swap('..1', { level: 'debug' })
    const running = await start({}, clock)
    swap('..2', { level: 'loud' })
    await clock.advance(30_100)
    expect(running.current.level).toBe('debug')
    expect(running.warnings.join()).toContain('A change is refused')
    swap('..3', { level: 'warn' })
    await clock.advance(30_100)
    expect(running.current.level).toBe('warn')
  })

  it('sees files that change in a folder without a link, which in Kubernetes is warned of', async () => {
    const clock = createFakeClock()
    writeFileSync(join(folder, 'level'), 'debug')
    const running = await start({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, clock)
    expect(running.warnings.join()).toContain('a subPath, perhaps')
    writeFileSync(join(folder, 'level'), 'info ')
    rmSync(join(folder, 'level'))
    await clock.advance(30_100)
    expect(running.current.level).toBe('info')
  })

  it('warns of names that are no key, with the nearest', async () => {
    writeFileSync(join(folder, 'levle'), 'debug')
    mkdirSync(join(folder, 'nested'))
    expect((await start()).warnings).toEqual([
      `${join(folder, 'levle')} is ignored: no key has this name. Did you mean level?`,
    ])
  })

  it('says with origin what is wrong with a value, and never shows a secret', async () => {
    swap('..1', {
      'db.port': '80a',
      'db.password': `canary${'x'.repeat(65_536)}`,
      level: 'info',
      LEVEL: 'info',
    })
    const error = await start().catch((failure: unknown) => failure)
    expect(error).toMatchObject({
      code: 'KEELSON_CONFIG_INVALID',
      details: {
        faults: [
          { key: 'db.password', problem: 'is a file that is too large', origin: join(folder, 'db.password') },
          { key: 'db.port', origin: join(folder, 'db.port') },
          { key: 'level', problem: 'is set by two files' },
        ],
      },
    })
    expect(String(error)).not.toContain('canary')
  })

  it('must be there', async () => {
    await expect(start({ KEELSON_CONFIG_DIR: join(folder, 'absent') })).rejects.toMatchObject({
      code: 'KEELSON_CONFIG_INVALID',
      details: { faults: [{ key: 'KEELSON_CONFIG_DIR' }] },
    })
  })
})
