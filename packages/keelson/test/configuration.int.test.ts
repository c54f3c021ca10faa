import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireServer, startEtcd } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const etcdProgram = requireServer('etcd')
const canary = 'canary-4f1c9e'

/** A service that shows all it can of its configuration, then stops. */
const showsAll = `
import { inspect } from 'node:util'
import { subscribe } from '@keelson/core/channels'
for (const name of ['applied', 'rejected', 'source', 'synced', 'state', 'warned']) {
  subscribe('keelson.config.' + name, (fact) => console.log(name, inspect(fact, { depth: 9 })))
}
const { createService } = await import('keelson')
const service = await createService({
  name: 'catalog',
  config: {
    greeting: { format: 'string', default: 'Hello', reload: 'hot' },
    db: { password: { format: 'string', default: '', sensitive: true, env: 'DB_PASSWORD' } },
  },
})
await service.start()
const { config } = service
console.log('password has', config.current.db.password.reveal().length, 'characters')
console.log('greeting is', config.current.greeting)
for (const value of [config, config.current, config.toRedacted(), config.explain('db.password'), config.warnings]) {
  console.log(inspect(value, { depth: 9, showHidden: true }), JSON.stringify(value))
}
console.log(String(config.current.db.password), \`\${config.current.db.password}\`, process.env)
console.log(JSON.stringify(process.report.getReport()))
console.log(await service.metrics.render({}).then(({ body }) => body))
service.log.error({ config: config.current, err: new Error('connecting with ' + config.current.db.password.reveal()) }, 'x')
await service.stop('the test is over')
`

describe('the configuration of a process', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keelson-configuration-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function run(env: Readonly<Record<string, string>>): Promise<{ code: number; output: string }> {
    const args = ['--conditions', 'keelson-source', '--input-type', 'module', '--eval', showsAll]
    const options = {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: '0',
        OPS_PORT: '0',
        KEELSON_STATE_DIR: folder,
        ...env,
      },
      timeout: 60_000,
      maxBuffer: 16 * 1024 * 1024,
    }
    return new Promise((resolve) => {
      execFile(process.execPath, args, options, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: out + err })
      })
    })
  }

  const filesOfState = () => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))

  it('shows a secret in no output, in no file and in no report', async () => {
    const { code, output } = await run({ DB_PASSWORD: canary, ETCD__PASSWORD: canary })
    expect(output).toContain(`password has ${canary.length} characters`)
    expect(code).toBe(0)
    expect([output, ...filesOfState()].join('\n')).not.toContain(canary)
  }, 60_000)

  it('shows none when the configuration is refused either', async () => {
    const { code, output } = await run({
      DB_PASSWORD: canary,
      DB__PASSWORD: `${canary}-other`,
      LOG_LEVEL: 'loud',
    })
    expect(code).toBe(78)
    expect(output).toContain('is set twice, to different values')
    expect([output, ...filesOfState()].join('\n')).not.toContain(canary)
  }, 60_000)

  it('ends with 78 and the cause when etcd is not there and nothing stands in for it', async () => {
    const { code, output } = await run({ ETCD_ENDPOINTS: 'http://127.0.0.1:1', ETCD__PASSWORD: canary })
    expect(code).toBe(78)
    expect(output).toContain('refuses the connection: nothing listens there')
    expect(output).toContain('does not exist yet')
    expect(output).not.toContain(canary)
  }, 60_000)

  it.skipIf(!etcdProgram.available)(
    'starts on the last good values when etcd is gone, and on none of its secrets',
    async () => {
      const etcd = await startEtcd(etcdProgram.path)
      const env = { ETCD_ENDPOINTS: etcd.endpoint, DB_PASSWORD: canary }
      await etcd.transaction({
        '/keelson/production/catalog/greeting': 'Ahoj',
        '/keelson/production/catalog/db/password': canary,
      })
      expect((await run(env)).output).toContain('greeting is Ahoj')
      await etcd.close()
      const { code, output } = await run(env)
      expect(code).toBe(0)
      expect(output).toContain('greeting is Ahoj')
      expect(output).toContain('Its values are those of')
      expect([output, ...filesOfState()].join('\n')).not.toContain(canary)
    },
    60_000,
  )
})
