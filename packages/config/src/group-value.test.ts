import * as valibot from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { faultsOf, folderWith } from '../test/refused.ts'
import { fixedSource } from '../test/sources.ts'
import { createConfig } from './config.ts'

const env = { host: 'DB_HOST', port: ['DB_PORT', 'PGPORT'], 'pool.max': 'DB_POOL_MAX' } as const
const zod = z.object({
  host: z.string(),
  port: z.number().int().default(5432),
  pool: z.object({ max: z.number() }).default({ max: 10 }),
})
const vali = valibot.object({
  host: valibot.string(),
  port: valibot.optional(valibot.number(), 5432),
  pool: valibot.optional(valibot.object({ max: valibot.number() }), { max: 10 }),
})

describe.each([
  ['zod', { db: { format: zod, env } }],
  ['valibot', { db: { format: vali, env } }],
] as const)('a group under one schema of %s', (_, schema) => {
  it('is put together from all layers, member by member', async () => {
    const cwd = folderWith({
      'config/default.json': '{ "db": { "host": "file", "port": 1, "pool": { "max": 1 } } }',
    })
    const config = await createConfig({
      service: 'catalog',
      schema,
      cwd,
      env: { DB_PORT: '2' },
      sources: [fixedSource({ 'db.pool.max': '3' })],
    })
    expect(config.current.db).toEqual({ host: 'file', port: 2, pool: { max: 3 } })
    expect(config.explain('db').layers.map(({ origin }) => origin)).toEqual([
      'config/default.json:1',
      'env DB_PORT',
      'fixed db.pool.max',
    ])
  })

  it('keeps a text a text where the schema wants one, though it looks like a number', async () => {
    const config = await createConfig({
      service: 'catalog',
      schema,
      env: { DB_HOST: '1234' },
      argv: ['--set', 'db.port=5'],
    })
    expect(config.current.db).toEqual({ host: '1234', port: 5, pool: { max: 10 } })
  })

  it('names the member that is wrong, with its origin', async () => {
    const faults = await faultsOf({ schema, env: { DB_HOST: 'a', DB_PORT: 'many' } })
    expect(faults).toMatchObject([{ key: 'db.port', value: '"many"', origin: 'env DB_PORT' }])
  })

  it('does not let a member reach a prototype', async () => {
    const source = fixedSource({ 'db.__proto__.polluted': '1', 'db.constructor.prototype.polluted': '1' })
    const config = await createConfig({
      service: 'catalog',
      schema,
      env: { DB_HOST: 'a' },
      sources: [source],
    })
    expect(config.current.db.host).toBe('a')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(config.warnings).toHaveLength(2)
  })
})

describe('a group under one schema', () => {
  const schema = { db: { format: zod, env } } as const

  it('is missing when no layer gives what the schema wants', async () => {
    expect(await faultsOf({ schema, env: {} })).toMatchObject([{ key: 'db' }])
  })

  it('is a secret as a whole', async () => {
    const secret = { db: { format: zod, env, sensitive: true } } as const
    const config = await createConfig({ service: 'catalog', schema: secret, env: { DB_HOST: 'canary' } })
    expect(JSON.stringify([config.current, config.explain('db'), config.toRedacted()])).not.toContain(
      'canary',
    )
    expect(config.sensitiveValues()).toContain('canary')
    expect(config.sensitiveVariables()).toContain('DB_HOST')
    const faults = await faultsOf({ schema: secret, env: { DB_HOST: 'a', DB_PORT: 'canary' } })
    expect(faults).toMatchObject([{ key: 'db.port' }])
    expect(JSON.stringify(faults)).not.toContain('canary')
  })

  it('is refused where its format is no Standard Schema, or a member has no name', async () => {
    const wrong = { db: { format: 'object', default: {}, env: { 'a..b': 'A' } } } as const
    expect(() => createConfig({ service: 'catalog', schema: wrong })).toThrow(
      expect.objectContaining({
        code: 'KEELSON_CONFIG_SCHEMA_INVALID',
        details: { mistakes: expect.objectContaining({ length: 2 }) },
      }),
    )
  })
})
