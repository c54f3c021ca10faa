import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { folderWith } from '../test/refused.ts'
import { describeSchema } from './describe.ts'
import { inspectLocal } from './inspect.ts'

const schema = {
  level: { doc: 'Lowest level', format: ['debug', 'info'], default: 'info', reload: 'hot', arg: 'level' },
  db: {
    port: { format: 'port', env: 'DB_PORT' },
    password: { format: 'string', default: 'canary', sensitive: true },
  },
  wait: { format: 'duration', default: '5s', unit: 'time' },
  smtp: { format: z.object({ host: z.string() }), env: { host: 'SMTP_HOST' } },
} as const

describe('inspectLocal', () => {
  it('gives every fault and every sound value, and throws neither', async () => {
    const cwd = folderWith({ 'config/staging.json': '{ "level": "loud", "wait": "1s" }' })
    const found = await inspectLocal({ service: 'catalog', schema, cwd, env: { APP_ENV: 'staging' } })
    expect(found.faults).toMatchObject([
      { key: 'level', origin: 'config/staging.json:1' },
      { key: 'db.port', missing: true },
      { key: 'smtp', missing: true },
    ])
    expect(found.values).toEqual({
      'db.password': { value: '[redacted]', origin: 'schema' },
      wait: { value: 1000, origin: 'config/staging.json:1' },
    })
    expect(found).toMatchObject({ environment: 'staging', production: false, warnings: [] })
  })

  it('runs the check across keys where each key is sound', async () => {
    const { faults } = await inspectLocal({
      service: 'catalog',
      schema: { a: { default: 1 } },
      refine: () => [{ key: 'a', problem: 'is odd' }],
    })
    expect(faults).toMatchObject([{ key: 'a', problem: 'is odd' }])
  })
})

describe('describeSchema', () => {
  it('says what documentation needs, defaults as they are written, secrets masked', () => {
    const described = Object.fromEntries(describeSchema(schema).map((key) => [key.key, key]))
    expect(described['level']).toMatchObject({
      doc: 'Lowest level',
      format: 'enum',
      values: ['debug', 'info'],
      default: 'info',
      required: false,
      reload: 'hot',
      environmentNames: ['LEVEL'],
      argument: 'level',
    })
    expect(described['db.port']).toMatchObject({ required: true, environmentNames: ['DB__PORT', 'DB_PORT'] })
    expect(described['db.password']).toMatchObject({ default: '[redacted]', sensitive: true })
    expect(described['db.password']?.sources).not.toContain('remote')
    expect(described['wait']).toMatchObject({ default: '5s', unit: 'time' })
    expect(described['smtp']?.members).toEqual({ host: ['SMTP_HOST'] })
  })
})
