import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { failureOf, faultsOf, folderWith } from '../test/refused.ts'
import { createConfig } from './config.ts'
import type { ConfigFault } from './faults.ts'

describe('faults of createConfig', () => {
  it('reports all at once, each with origin and remedy, and no secret anywhere', async () => {
    const cwd = folderWith({
      'config/default.json': [
        '{',
        '  "db": { "port": "80a", "prot": 1, "pool": 5 },',
        '  "db.host": "x",',
        '  "rate": null,',
        '  "rate": 5,',
        '  "$schema": "./schema.json"',
        '}',
      ].join('\n'),
      'config/production.json': '{ "level": "loud", // why\n }',
    })
    const schema = {
      db: {
        host: { format: 'string' },
        port: { format: 'port', default: 1 },
        pool: { size: { format: 'integer', default: 1 } },
        password: { format: 'integer', sensitive: true },
        options: { format: 'object', default: {}, sensitive: true },
        secret: { format: z.string().startsWith('ok'), sensitive: true, default: 'ok' },
      },
      rate: { format: 'number', default: 1 },
      level: { format: ['debug', 'info'], default: 'info' },
      name: { format: 'string', default: '', env: ['NAME_A', 'NAME_B'] },
    } as const
    const error = await failureOf({
      service: 'catalog',
      schema,
      cwd,
      env: {
        NODE_ENV: 'production',
        DB__PASSWORD: 'hunter2secret',
        DB__OPTIONS: '{"hunter2secret":1,"hunter2secret":2}',
        DB__SECRET: 'hunter2secret',
        NAME_A: 'a',
        NAME_B: 'b',
      },
    })
    expect(error.code).toBe('KEELSON_CONFIG_INVALID')
    const faults = error.details?.faults as readonly ConfigFault[] // the details of this code
    expect(faults.map((fault) => [fault.key, fault.origin])).toEqual([
      ['config/default.json', 'config/default.json:5'],
      ['config/production.json', 'config/production.json:1'],
      ['db.host', 'config/default.json:3'],
      ['db.host', 'nowhere'],
      ['db.options', 'env DB__OPTIONS'],
      ['db.password', 'env DB__PASSWORD'],
      ['db.pool', 'config/default.json:2'],
      ['db.port', 'config/default.json:2'],
      ['db.prot', 'config/default.json:2'],
      ['db.secret', 'env DB__SECRET'],
      ['name', 'env NAME_A, env NAME_B'],
      ['rate', 'config/default.json:4'],
    ])
    expect(faults.every((fault) => fault.suggestion !== '')).toBe(true)
    expect(faults.find((fault) => fault.key === 'db.prot')?.suggestion).toContain('db.port')
    expect(error.message.split('\n')).toHaveLength(1 + 3 * faults.length)
    expect(error.message).toContain('db.password = [redacted] is not a whole number')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2')
  })

  it('says what is missing and how to set it, with a mistyped variable as a note', async () => {
    const schema = { db: { host: { format: 'string' } } } as const
    const error = await failureOf({ service: 'catalog', schema, env: { DB__HSOT: 'x' } })
    expect(error.message).toBe(
      [
        'The configuration of catalog has 1 fault.',
        '1. db.host is required, and no layer sets it',
        '   origin: nowhere',
        '   remedy: Set db.host (environment: DB__HOST) to a text.',
        'note: The environment variable DB__HSOT is ignored: no key has this name. Did you mean DB__HOST?',
      ].join('\n'),
    )
  })

  it('refuses a layer that a key does not allow', async () => {
    const schema = { id: { format: 'string', default: '', sources: ['default', 'arg'] } } as const
    expect(await faultsOf({ schema, env: { ID: 'x' } })).toMatchObject([
      { key: 'id', origin: 'env ID', suggestion: 'Set it in one of: default, arg.' },
    ])
  })

  it('takes null where a key is nullable, and nowhere else', async () => {
    const cwd = folderWith({ 'config/default.json': '{ "a": null, "b": null }' })
    const faults = await faultsOf({
      cwd,
      schema: {
        a: { format: 'string', nullable: true, default: 'x' },
        b: { format: 'string', default: 'x' },
      },
    })
    expect(faults).toMatchObject([{ key: 'b', problem: 'is null, which it may not be' }])
    const config = await createConfig({
      service: 'catalog',
      schema: { a: { format: 'string', nullable: true } },
    })
    expect(config.current.a).toBeNull()
  })

  it('masks user and password of a URL that nobody declared a secret', async () => {
    const schema = { url: { format: 'integer', default: 1 } } as const
    const [fault] = await faultsOf({ schema, env: { URL: 'postgres://user:hunter2@db/x' } })
    expect(fault?.value).toBe('"postgres://[redacted]@db/x"')
  })

  it('masks it in the words of a foreign schema too', async () => {
    const url = z.string().refine(() => false, { error: ({ input }) => `no good: ${String(input)}` })
    const schema = { url: { format: url, required: true } } as const
    const [fault] = await faultsOf({ schema, env: { URL: 'postgres://user:hunter2@db/x' } })
    expect(fault?.problem).toBe('is refused: no good: postgres://[redacted]@db/x')
  })

  it('shows neither values nor the names of entries of a secret map', async () => {
    const schema = { tokens: { format: 'map', items: 'integer', default: {}, sensitive: true } } as const
    const [fault] = await faultsOf({ schema, env: { TOKENS: '{"hunter2":"hunter2"}' } })
    expect(fault).toMatchObject({ key: 'tokens', value: '[redacted]', problem: 'is refused by its format' })
  })

  it('escapes control characters and shortens what it shows', async () => {
    const schema = { rate: { format: 'integer', default: 1 } } as const
    const [escaped] = await faultsOf({ schema, env: { RATE: '\u001b[31m\u009b\n' } })
    expect(escaped?.value).toBe('"\\u001b[31m\\u009b\\n"')
    const [long] = await faultsOf({ schema, env: { RATE: 'x'.repeat(500) } })
    expect(long?.value?.length).toBeLessThan(110)
  })
})
