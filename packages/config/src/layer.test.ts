import { describe, expect, it } from 'vitest'
import { faultsOf, folderWith } from '../test/refused.ts'
import { fixedSource } from '../test/sources.ts'
import { createConfig } from './config.ts'
import { layerOrder, type Precedence } from './layer.ts'

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
    mounted: { origin: expect.stringMatching(/mounted\/who$/) },
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
          'mounted/who': 'mounted',
        })
        const config = await createConfig({
          service: 'catalog',
          schema: nameSchema,
          cwd,
          precedence,
          env: {
            APP_ENV: has('dotenv') ? 'development' : environment,
            WHO: has('env') ? 'env' : undefined,
            KEELSON_CONFIG_DIR: has('mounted') ? 'mounted' : undefined,
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
