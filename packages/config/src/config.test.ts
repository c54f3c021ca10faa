import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inspect } from 'node:util'
import { isKeelsonError, type KeelsonError } from '@keelson/core/errors'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ConfigOptions, createConfig } from './config.ts'
import type { ConfigFault } from './faults.ts'
import { layerOrder, type Precedence } from './layer.ts'
import type { ConfigSchema } from './schema.ts'
import { Secret } from './secret.ts'
import { fixedSource } from '../test/sources.ts'

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-config-'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

async function failureOf(options: ConfigOptions<ConfigSchema>): Promise<KeelsonError> {
  const error: unknown = await createConfig(options).catch((failure: unknown) => failure)
  if (!isKeelsonError(error))
    throw new Error('createConfig did not reject with a KeelsonError', { cause: error })
  return error
}

/** The faults of a refused configuration. */
async function faultsOf(
  options: Omit<ConfigOptions<ConfigSchema>, 'service'>,
): Promise<readonly ConfigFault[]> {
  const error = await failureOf({ service: 'catalog', ...options })
  expect(error.code).toBe('KEELSON_CONFIG_INVALID')
  return error.details?.faults as readonly ConfigFault[] // the details of this code
}

/** Code of what a call throws at once. */
function codeOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return isKeelsonError(error) ? error.code : error
  }
}

async function hashOf(env: Record<string, string>): Promise<string> {
  const schema = {
    a: { format: 'object', default: {} },
    s: { format: 'string', sensitive: true, default: '' },
  } as const
  return (await createConfig({ service: 'catalog', schema, env })).hash
}

const nameSchema = { who: { format: 'string', default: 'default', arg: 'who' } } as const

describe('layers of createConfig', () => {
  /** Everything that can set `who`, by layer, with the origin that it shows. */
  const settings = {
    default: { origin: 'schema' },
    'default-file': { origin: 'config/default.json:2' },
    'environment-file': { origin: 'config/staging.json:3' },
    'local-file': { origin: 'config/local.json:1' },
    dotenv: { origin: '.env:2 WHO' },
    env: { origin: 'env WHO' },
    remote: { origin: 'fixed who' },
    arg: { origin: '--who' },
  } as const

  for (const precedence of ['etcd-over-env', 'env-over-etcd'] satisfies Precedence[]) {
    const order = layerOrder[precedence]
    it.each(order.map((layer, index) => [layer, order.slice(0, index + 1)] as const))(
      `lets %s win over every layer below it (${precedence})`,
      async (winner, present) => {
        const environment = present.includes('environment-file') ? 'staging' : 'development'
        // `.env` is read in development only, so that its rows leave the file of staging out.
        const layers = present.includes('dotenv')
          ? present.filter((layer) => layer !== 'environment-file')
          : present
        const has = (layer: (typeof layers)[number]) => layers.includes(layer)
        const cwd = folderWith({
          'config/default.json': has('default-file') ? '{\n"who": "default-file" }' : '{}',
          'config/staging.json': has('environment-file') ? '{\n\n"who": "environment-file" }' : '{}',
          'config/local.json': has('local-file') ? '{ "who": "local-file" }' : '{}',
          '.env': has('dotenv') ? '# names\nWHO=dotenv' : '',
        })
        const config = await createConfig({
          service: 'catalog',
          schema: nameSchema,
          cwd,
          precedence,
          env: {
            APP_ENV: has('dotenv') ? 'development' : environment,
            WHO: has('env') ? 'env' : undefined,
          },
          argv: has('arg') ? ['--who', 'arg'] : [],
          sources: has('remote') ? [fixedSource({ who: 'remote' })] : [],
        })
        expect(config.current.who).toBe(winner)
        const explanation = config.explain('who')
        expect(explanation).toMatchObject({ layer: winner, origin: settings[winner].origin })
        expect(explanation.layers.map((layer) => layer.layer)).toEqual(layers)
      },
    )
  }

  it('lets the environment win over etcd for pinned keys and prefixes only', async () => {
    const text = { format: 'string', default: '' } as const
    const config = await createConfig({
      service: 'catalog',
      schema: { db: { host: text, user: text }, http: { host: text }, name: text },
      env: {
        DB__HOST: 'env',
        HTTP__HOST: 'env',
        DB__USER: 'env',
        KEELSON_CONFIG_PIN: 'db.host, http.*, nothing',
      },
      sources: [fixedSource({ 'db.host': 'etcd', 'http.host': 'etcd', 'db.user': 'etcd', name: 'etcd' })],
    })
    expect(config.current).toEqual({
      db: { host: 'env', user: 'etcd' },
      http: { host: 'env' },
      name: 'etcd',
    })
    expect(config.explain('db.host').pinned).toBe(true)
    expect(config.explain('db.user').pinned).toBe(false)
    expect(config.warnings.join('\n')).toContain('KEELSON_CONFIG_PIN names nothing')
  })

  it('leaves remote sources alone when KEELSON_CONFIG_ETCD is off, and says so', async () => {
    const config = await createConfig({
      service: 'catalog',
      schema: nameSchema,
      env: { KEELSON_CONFIG_ETCD: 'off' },
      sources: () => Promise.reject(new Error('not to be called')),
    })
    expect(config.current.who).toBe('default')
    expect(config.warnings.join('\n')).toContain('KEELSON_CONFIG_ETCD is off')
    expect(await faultsOf({ schema: {}, env: { KEELSON_CONFIG_ETCD: 'maybe' } })).toMatchObject([
      { key: 'KEELSON_CONFIG_ETCD' },
    ])
  })

  it('takes <env> from APP_ENV, then NODE_ENV, then development', async () => {
    const environments = [
      { APP_ENV: 'staging', NODE_ENV: 'production' },
      { NODE_ENV: 'test' },
      { NODE_ENV: '' },
    ]
    const configs = await Promise.all(
      environments.map((env) => createConfig({ service: 'catalog', schema: {}, env })),
    )
    expect(configs.map((config) => [config.environment, config.production])).toEqual([
      ['staging', true],
      ['test', false],
      ['development', false],
    ])
  })

  it('refuses an <env> that would leave the folder', async () => {
    expect(await faultsOf({ schema: {}, env: { APP_ENV: '../secret' } })).toMatchObject([{ key: 'APP_ENV' }])
  })

  it('reads .env in development only', async () => {
    const cwd = folderWith({ '.env': 'WHO=dotenv' })
    const read = async (env: Record<string, string>) =>
      (await createConfig({ service: 'catalog', schema: nameSchema, cwd, env })).current.who
    expect(await read({})).toBe('dotenv')
    expect(await read({ APP_ENV: 'staging' })).toBe('default')
    expect(await read({ APP_ENV: 'development', NODE_ENV: 'production' })).toBe('default')
  })

  it('refuses local.json in production', async () => {
    const cwd = folderWith({ 'config/local.json': '{}' })
    expect(await faultsOf({ schema: {}, cwd, env: { NODE_ENV: 'production' } })).toMatchObject([
      { origin: 'config/local.json', problem: expect.stringContaining('in production') },
    ])
    await createConfig({ service: 'catalog', schema: {}, cwd })
  })

  it('merges the entries of a map across layers, null taking one away, and replaces lists', async () => {
    const cwd = folderWith({
      'config/default.json': '{ "labels": { "a": "1", "b": "1" }, "list": ["file"] }',
      'config/development.json': '{ "labels": { "b": null, "c.d": "2" } }',
    })
    const config = await createConfig({
      service: 'catalog',
      cwd,
      schema: {
        labels: { format: 'map', default: { z: '0' } },
        list: { format: 'array', default: ['default', 'two'] },
      },
      env: { LABELS: '{"e":"3"}' },
    })
    expect(config.current).toEqual({ labels: { z: '0', a: '1', 'c.d': '2', e: '3' }, list: ['file'] })
  })

  it('reads --set for any key and the options of keys, and leaves other arguments alone', async () => {
    const schema = {
      db: { port: { format: 'port', default: 1, arg: 'db-port' } },
      debug: { format: 'boolean', default: false, arg: 'debug' },
      name: { format: 'string', default: '' },
    } as const
    const read = async (...argv: string[]) =>
      (await createConfig({ service: 'catalog', schema, argv })).current
    expect(await read('--set', 'db.port=5', '--other', 'x', '--debug')).toMatchObject({
      db: { port: 5 },
      debug: true,
    })
    expect(await read('--set=name=a=b', '--db-port=6', '--debug=no')).toEqual({
      db: { port: 6 },
      debug: false,
      name: 'a=b',
    })
    expect(await read('--', '--set', 'db.port=5')).toMatchObject({ db: { port: 1 } })
    const faults = await faultsOf({ schema, argv: ['--set', 'db.prot=5', '--set', 'nothing', '--db-port'] })
    expect(faults.map((fault) => fault.key)).toEqual(['--db-port', '--set', 'db.prot'])
    expect(faults[2]?.suggestion).toContain('db.port')
  })
})

describe('environment of createConfig', () => {
  const schema = {
    db: { pool: { maxSize: { format: 'integer', default: 1, env: ['DB_POOL_MAX', 'POOL'] } } },
    tls: { cert: { format: 'string', default: '' }, certFile: { format: 'string', default: '' } },
  } as const

  it('reads the canonical name and the aliases', async () => {
    for (const name of ['DB__POOL__MAX_SIZE', 'DB_POOL_MAX', 'POOL']) {
      const config = await createConfig({ service: 'catalog', schema, env: { [name]: '7' } })
      expect(config.current.db.pool.maxSize).toBe(7)
      expect(config.explain('db.pool.maxSize').origin).toBe(`env ${name}`)
    }
  })

  it('takes two names of one key with the same value, and refuses different ones', async () => {
    const same = await createConfig({ service: 'catalog', schema, env: { DB_POOL_MAX: '7', POOL: '7' } })
    expect(same.current.db.pool.maxSize).toBe(7)
    expect(await faultsOf({ schema, env: { DB_POOL_MAX: '7', POOL: '8' } })).toMatchObject([
      { key: 'db.pool.maxSize', origin: 'env DB_POOL_MAX, env POOL', value: '"7" and "8"' },
    ])
  })

  it('reads a value from the file that NAME_FILE names, without its last newline', async () => {
    const cwd = folderWith({ 'secret.txt': '7\n' })
    const config = await createConfig({ service: 'catalog', schema, cwd, env: { POOL_FILE: 'secret.txt' } })
    expect(config.current.db.pool.maxSize).toBe(7)
    expect(config.explain('db.pool.maxSize').origin).toBe('env POOL_FILE (secret.txt)')
  })

  it('refuses NAME and NAME_FILE together, and files that are missing, a folder or too large', async () => {
    const cwd = folderWith({ 'seven.txt': '7', 'large.txt': ' '.repeat(65_537) })
    const problemOf = async (env: Record<string, string>) =>
      (await faultsOf({ schema, cwd, env }))[0]?.problem
    expect(await problemOf({ POOL: '7', POOL_FILE: 'seven.txt' })).toContain(
      'both directly and through a file',
    )
    expect(await problemOf({ POOL_FILE: 'absent' })).toContain('ENOENT')
    expect(await problemOf({ POOL_FILE: '.' })).toContain('no regular file')
    expect(await problemOf({ POOL_FILE: 'large.txt' })).toContain('too large')
  })

  it('gives a name that is another key to that key', async () => {
    const config = await createConfig({ service: 'catalog', schema, env: { TLS__CERT_FILE: '/tls.pem' } })
    expect(config.current.tls).toEqual({ cert: '', certFile: '/tls.pem' })
  })

  it('refuses an empty variable for what is no text, unless empty counts as unset', async () => {
    const [fault] = await faultsOf({ schema, env: { POOL: '' } })
    expect(fault).toMatchObject({ problem: 'is set but empty', suggestion: expect.stringContaining('Unset') })
    const config = await createConfig({ service: 'catalog', schema, env: { POOL: '' }, emptyIsUnset: true })
    expect(config.current.db.pool.maxSize).toBe(1)
  })

  it('explains a service link of Kubernetes', async () => {
    const redis = { redis: { port: { format: 'port', default: 6379, env: 'REDIS_PORT' } } } as const
    const [fault] = await faultsOf({ schema: redis, env: { REDIS_PORT: 'tcp://10.0.0.1:6379' } })
    expect(fault?.suggestion).toContain('enableServiceLinks: false')
  })

  it('warns of a mistyped variable below a known group only', async () => {
    const config = await createConfig({
      service: 'catalog',
      schema,
      env: { DB__POOL__MAX_SZIE: '1', OTHER__X: '1', DB__POOL__MAX_SIZE_FILE: '', DBX: '1' },
    })
    expect(config.warnings).toEqual([
      'The environment variable DB__POOL__MAX_SZIE is ignored: no key has this name. Did you mean DB__POOL__MAX_SIZE?',
    ])
  })
})

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

  it('escapes control characters and shortens what it shows', async () => {
    const schema = { rate: { format: 'integer', default: 1 } } as const
    const [escaped] = await faultsOf({ schema, env: { RATE: '\u001b[31m\u009b\n' } })
    expect(escaped?.value).toBe('"\\u001b[31m\\u009b\\n"')
    const [long] = await faultsOf({ schema, env: { RATE: 'x'.repeat(500) } })
    expect(long?.value?.length).toBeLessThan(110)
  })

  it('throws at once for an option or a schema that is wrong', () => {
    expect(codeOf(() => createConfig({ service: '', schema: {} }))).toBe('KEELSON_CONFIG_OPTIONS_INVALID')
    expect(codeOf(() => createConfig({ service: 'a', schema: {}, sourceTimeoutMs: 0 }))).toBe(
      'KEELSON_CONFIG_OPTIONS_INVALID',
    )
    expect(codeOf(() => createConfig({ service: 'a', schema: { a: { format: 'int', default: 'x' } } }))).toBe(
      'KEELSON_CONFIG_SCHEMA_INVALID',
    )
  })
})

describe('current', () => {
  it('is frozen at every depth, and leaves what the caller passed in as it was', async () => {
    const list = ['a']
    const object = { nested: { x: 1 } }
    const config = await createConfig({
      service: 'catalog',
      schema: {
        group: { list: { format: 'array', default: list }, object: { format: 'object', default: object } },
      },
    })
    const { group } = config.current
    expect(
      [config.current, group, group.list, group.object, group.object.nested].every(Object.isFrozen),
    ).toBe(true)
    expect([list, object, object.nested].some(Object.isFrozen)).toBe(false)
    expect(Object.getOwnPropertyDescriptor(config, 'current')).toHaveProperty('value')
  })

  it('holds secrets that print nothing and reveal their value', async () => {
    const schema = {
      key: { format: 'string', sensitive: true },
      list: { default: ['x1'], sensitive: true },
    } as const
    const config = await createConfig({ service: 'catalog', schema, env: { KEY: 'hunter2' } })
    const { key } = config.current
    expect(key).toBeInstanceOf(Secret)
    expect(key.reveal()).toBe('hunter2')
    // oxlint-disable-next-line typescript/no-base-to-string, typescript/restrict-template-expressions
    const shown = [`${key}`, JSON.stringify({ key }), inspect(config, { depth: 10, showHidden: true })]
    shown.push(JSON.stringify(config.toRedacted()), JSON.stringify(config.explain('key')))
    expect(shown.join('\n')).not.toContain('hunter2')
    expect(config.toRedacted().key).toEqual({ value: '[redacted]', origin: 'env KEY' })
    expect(config.sensitiveValues()).toEqual(['hunter2', 'x1'])
  })

  it('has a hash that follows the values, but not the secrets nor the order of members', async () => {
    const plain = await hashOf({ A: '{"x":1,"y":2}' })
    expect(plain).toMatch(/^[0-9a-f]{16}$/)
    expect(await hashOf({ A: '{"y":2,"x":1}', S: 'secret' })).toBe(plain)
    expect(await hashOf({ A: '{"x":1,"y":3}' })).not.toBe(plain)
  })

  it('warns of deprecated keys that some layer sets', async () => {
    const schema = { old: { format: 'string', default: '', deprecated: 'use db.host' } } as const
    expect((await createConfig({ service: 'catalog', schema })).warnings).toEqual([])
    expect((await createConfig({ service: 'catalog', schema, env: { OLD: 'x' } })).warnings).toEqual([
      'old is deprecated (env OLD): use db.host',
    ])
  })

  it('explains unknown keys with the nearest', async () => {
    const config = await createConfig({ service: 'catalog', schema: { db: { port: { default: 1 } } } })
    expect(() => config.explain('db.prot')).toThrow(
      expect.objectContaining({ code: 'KEELSON_CONFIG_KEY_UNKNOWN' }),
    )
  })
})
