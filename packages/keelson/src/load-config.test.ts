import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from './load-config.ts'
import { resolveRuntime } from './runtime.ts'

const definition = {
  name: 'catalog',
  config: { db: { password: { format: 'string', default: 'none', sensitive: true, env: 'DB_PASSWORD' } } },
} as const

const folder = mkdtempSync(join(tmpdir(), 'keelson-load-config-'))
const runtime = (env: Readonly<Record<string, string | undefined>>) =>
  resolveRuntime({ env, argv: [], cwd: folder })

describe('loadConfig', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true, force: true })
  })

  it('takes the variables of secrets out of the process in production', async () => {
    vi.stubEnv('DB_PASSWORD', 'canary')
    vi.stubEnv('NODE_ENV', 'production')
    const config = await loadConfig(definition, runtime(process.env))
    expect(config.explain('db.password').origin).toBe('env DB_PASSWORD')
    expect(process.env['DB_PASSWORD']).toBeUndefined()
    expect(process.env['NODE_ENV']).toBe('production')
    expect(config.sensitiveValues()).toEqual(['canary'])
    await config.close()
  })

  it('leaves them alone in development, and in an environment that was handed over', async () => {
    vi.stubEnv('DB_PASSWORD', 'canary')
    vi.stubEnv('NODE_ENV', 'development')
    await (await loadConfig(definition, runtime(process.env))).close()
    expect(process.env['DB_PASSWORD']).toBe('canary')
    const env = { NODE_ENV: 'production', DB_PASSWORD: 'canary' }
    await (await loadConfig(definition, runtime(env))).close()
    expect(env.DB_PASSWORD).toBe('canary')
  })

  it('counts contradicting keys of etcd as a fault of the configuration', async () => {
    const faulty = [
      { ETCD_ENDPOINTS: 'https://a:1,http://b:2' },
      { ETCD_ENDPOINTS: 'https://a:1', ETCD_CERT_FILE: 'cert.pem' },
      { ETCD_ENDPOINTS: 'http://a:1', ETCD__USERNAME: 'u', ETCD__PASSWORD: 'p', NODE_ENV: 'production' },
    ]
    for (const env of faulty) {
      await expect(loadConfig(definition, runtime(env))).rejects.toMatchObject({
        code: 'KEELSON_CONFIG_INVALID',
      })
    }
  })
})
