import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EtcdFixture, requireServer, startEtcd } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const program = requireServer('etcd')
const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

// Inside the repository, so that the service finds its keelson as an installed one would.
let folder = ''

/** A definition as a service exports it, without the function that only adds types to it. */
const serviceSource = `
export const definition = {
  name: 'catalog',
  config: {
    greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' },
    rate: { doc: 'Requests a second', format: 'integer', default: 10, unit: 'requests', reload: 'hot' },
    labels: { format: 'map', default: {}, reload: 'hot' },
    db: {
      host: { doc: 'Where the database is', format: 'string', env: 'DB_HOST' },
      password: { format: 'string', default: 'canary-default', sensitive: true },
      token: { format: 'string', default: '' },
      maxTokens: { format: 'nat', default: 1 },
    },
  },
}
`

const files = {
  'src/service.ts': serviceSource,
  'config/default.json': '{ "rate": 20, "labels": { "team": "video" } }',
  'config/production.json': '{ "rate": 50, "db": { "host": "db.internal" } }',
  'config/staging.json': '{ "rate": 30 }',
}

beforeAll(() => {
  const here = fileURLToPath(new URL('.', import.meta.url))
  folder = mkdtempSync(join(here, 'service-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

function keelson(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const command = ['--conditions', 'keelson-source', bin, 'config', ...args]
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH: process.env['PATH'], ...env }, timeout: 60_000 }
    execFile(process.execPath, command, options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

describe('keelson config', () => {
  it('prints every key with its origin, secrets masked', async () => {
    const env = { DB_HOST: 'db', DB__PASSWORD: 'canary-env', RATE: '5' }
    const { code, out, err } = await keelson(['print'], env)
    expect(code).toBe(0)
    expect(out).toMatch(/^rate +5 {2}\(env RATE\)$/m)
    expect(out).toMatch(/^labels +\{"team":"video"\} {2}\(config\/default.json:1\)$/m)
    expect(out).toMatch(/^db\.password +"\[redacted\]" {2}\(env DB__PASSWORD\)$/m)
    expect(out + err).not.toContain('canary')
  })

  it('explains a key with all of its layers', async () => {
    const env = { DB_HOST: 'db', APP_ENV: 'staging' }
    const { code, out } = await keelson(['explain', 'rate', '--json', '--set', 'rate=7'], env)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      key: 'rate',
      value: 7,
      origin: '--set rate',
      layers: [{ value: 10 }, { value: 20 }, { value: 30, origin: 'config/staging.json:1' }, { value: 7 }],
    })
  })

  it('says what is wrong with the configuration and with the key that was asked for, and fails', async () => {
    const faulty = await keelson(['print'], { RATE: 'many', DB__PASSWORD: 'canary' })
    expect(faulty).toMatchObject({ code: 1, out: '' })
    expect(faulty.err).toContain('rate = "many" is not a whole number')
    expect(faulty.err).not.toContain('canary')
    const unknown = await keelson(['explain', 'rato', '--offline'], { DB_HOST: 'db' })
    expect(unknown.code).toBe(1)
    expect(unknown.err).toContain('Did you mean rate?')
  })

  it('checks the files of every environment offline, and names what must be set where it runs', async () => {
    const well = await keelson(['check'])
    expect(well.code).toBe(0)
    expect(well.out).toContain('production: well\n')
    expect(well.out).toContain('staging: well\n  to be set where it runs: db.host\n')
    expect(well.out).toContain('note: db.token sounds like a secret')
    expect(well.out, 'a number is none').not.toContain('maxTokens')
    expect((await keelson(['check', 'staging', '--strict'])).code).toBe(1)
    // What `docs` writes for editors is no environment.
    await keelson(['docs', '--format', 'json-schema', '--out', 'config/schema.json'])
    expect((await keelson(['check'])).out).not.toContain('schema:')
    rmSync(join(folder, 'config', 'schema.json'))
    writeFileSync(join(folder, 'config', 'broken.json'), '{ "rate": "x" }')
    const broken = await keelson(['check'])
    rmSync(join(folder, 'config', 'broken.json'))
    expect(broken.code).toBe(1)
    expect(broken.out).toContain('origin: config/broken.json:1')
  })

  it('tells what two environments have different', async () => {
    const { code, out } = await keelson(['diff', 'production', 'staging', '--json'])
    expect(code).toBe(1)
    expect(Object.keys(JSON.parse(out) as object)).toEqual(['rate', 'db.host'])
    expect((await keelson(['diff', 'staging', 'staging'])).code).toBe(0)
  })

  it('writes documents that show no secret, and knows when one is out of date', async () => {
    for (const format of ['markdown', 'json-schema', 'env-example', 'kubernetes', 'etcdctl']) {
      const out = join(folder, `${format}.txt`)
      const args = ['docs', '--format', format, '--out', out]
      expect(await keelson(args)).toMatchObject({ code: 0 })
      expect(await keelson([...args, '--check'])).toMatchObject({ code: 0 })
      const text = readFileSync(out, 'utf8')
      expect(text).toContain(
        format === 'markdown' ? '`greeting`' : format === 'json-schema' ? '"greeting"' : 'Hello',
      )
      expect(text).not.toContain('canary')
      writeFileSync(out, `${text} `)
      expect(await keelson([...args, '--check'])).toMatchObject({ code: 1 })
    }
  }, 60_000)

  it('writes a .env.example that loads without a fault', async () => {
    const { out } = await keelson(['docs', '--format', 'env-example'])
    writeFileSync(join(folder, '.env'), out)
    const { code } = await keelson(['print'], { DB_HOST: 'db' })
    rmSync(join(folder, '.env'))
    expect(code).toBe(0)
  })

  it('says what is wrong with a command line or a definition, with code 2', async () => {
    for (const args of [
      ['nothing'],
      ['explain'],
      ['docs', '--format', 'pdf'],
      ['docs', '--check'],
      ['--nothing'],
    ]) {
      const { code, err } = await keelson(args)
      expect([args, code]).toEqual([args, 2])
      expect(err).toContain('KEELSON_CLI_USAGE')
    }
    const missing = await keelson(['print', '--service', 'src/absent.ts'])
    expect(missing.code).toBe(2)
    expect(missing.err).toContain('KEELSON_CLI_DEFINITION_INVALID')
  })
})

describe.skipIf(!program.available)('keelson config and etcd', () => {
  let etcd: EtcdFixture

  beforeAll(async () => {
    etcd = await startEtcd(program.path)
  })

  afterAll(async () => {
    await etcd?.close()
  })

  it('sets a value that the service then sees, and takes it away after its time to live', async () => {
    const env = { ETCD_ENDPOINTS: etcd.endpoint, DB_HOST: 'db', APP_ENV: 'production' }
    expect((await keelson(['set', 'greeting', 'Ahoj', '--ttl', '1s'], env)).code).toBe(0)
    const seen = await keelson(['explain', 'greeting', '--json'], env)
    expect(JSON.parse(seen.out)).toMatchObject({ value: 'Ahoj', layer: 'remote' })
    const deadline = performance.now() + 30_000
    let value = 'Ahoj'
    while (value !== 'Hello' && performance.now() < deadline) {
      const { out } = await keelson(['explain', 'greeting', '--json'], env)
      value = (JSON.parse(out) as { value: string }).value
    }
    expect(value).toBe('Hello')
  }, 60_000)

  it('imports a file, refusing all of it when one value is refused', async () => {
    const env = { ETCD_ENDPOINTS: etcd.endpoint, DB_HOST: 'db' }
    const file = join(folder, 'import.json')
    writeFileSync(file, '{ "rate": 77, "labels": { "team": "audio" }, "db": { "token": "t" } }')
    expect((await keelson(['import', file, '--shared'], env)).code).toBe(0)
    const { out } = await keelson(['print', '--json'], env)
    expect(JSON.parse(out)).toMatchObject({
      rate: { value: 77, origin: expect.stringContaining('/_shared/rate@rev') },
      labels: { value: { team: 'audio' } },
    })
    writeFileSync(file, '{ "rate": "x", "greeting": "unseen", "db": { "password": "canary" } }')
    const refused = await keelson(['import', file], env)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('db.password cannot be set from etcd')
    expect(refused.err + refused.out).not.toContain('canary')
    expect((await keelson(['print'], env)).out).not.toContain('unseen')
  }, 60_000)

  it('tells an etcd that is not there from one that refuses, with code 3', async () => {
    const gone = await keelson(['set', 'rate', '5', '--endpoints', 'http://127.0.0.1:1'])
    expect(gone).toMatchObject({ code: 3, err: expect.stringContaining('KEELSON_CLI_ETCD_UNREACHABLE') })
    const refused = await keelson(['set', 'rate', '5', '--endpoints', etcd.endpoint, '--user', 'nobody'])
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('KEELSON_CLI_ETCD_REFUSED') })
  })
})
