import { describe, expect, it } from 'vitest'
import { faultsOf, folderWith } from '../test/refused.ts'
import { createConfig } from './config.ts'

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
