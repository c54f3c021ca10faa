import { createConfig } from '@keelson/config'
import { type EtcdFixture, requireServer, startEtcd } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createEtcdSource } from '../src/index.ts'

const program = requireServer('etcd')
const schema = { greeting: { format: 'string', default: 'Hello', reload: 'hot' } } as const

describe.skipIf(!program.available)('createEtcdSource where etcd asks who is there', () => {
  let etcd: EtcdFixture
  let rootToken = ''

  beforeAll(async () => {
    etcd = await startEtcd(program.path)
    await etcd.transaction({ '/acme/test/_shared/greeting': 'shared', '/acme/test/catalog/greeting': 'own' })
    await call('/v3/auth/user/add', { name: 'root', password: 'root-password' })
    await call('/v3/auth/user/grant', { user: 'root', role: 'root' })
    await call('/v3/auth/user/add', { name: 'catalog', password: 'right-password' })
    await call('/v3/auth/role/add', { name: 'catalog' })
    await call('/v3/auth/user/grant', { user: 'catalog', role: 'catalog' })
    await grantRead('/acme/test/catalog/')
    await call('/v3/auth/enable', {})
    await logIn()
  })

  afterAll(async () => {
    await etcd?.close()
  })

  async function call(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${etcd.endpoint}${path}`, {
      method: 'POST',
      headers: rootToken === '' ? {} : { authorization: rootToken },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`etcd answered ${response.status}: ${text}`)
    return JSON.parse(text)
  }

  async function logIn(): Promise<void> {
    rootToken = ''
    const body = await call('/v3/auth/authenticate', { name: 'root', password: 'root-password' })
    rootToken = (body as { token: string }).token // what etcd documents for this call
  }

  async function grantRead(prefix: string): Promise<void> {
    const end = `${prefix.slice(0, -1)}0` // the character after the slash
    const perm = { permType: 'READ', key: btoa(prefix), range_end: btoa(end) }
    await call('/v3/auth/role/grant', { name: 'catalog', perm })
  }

  function configOf(service: string, username: string, password: string) {
    const source = createEtcdSource({
      endpoints: etcd.endpoint,
      org: 'acme',
      env: 'test',
      service,
      username,
      password,
    })
    return createConfig({ service, schema, sources: [source] })
  }

  it('tells a wrong password at once, without showing it', async () => {
    const error: unknown = await configOf('catalog', 'catalog', 'hunter2-wrong').catch(
      (failure: unknown) => failure,
    )
    expect(error).toMatchObject({
      code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE',
      cause: { code: 'KEELSON_ETCD_ACCESS_DENIED', details: { reason: 'authentication' } },
    })
    expect(String(error)).not.toContain('hunter2')
  })

  it('tells that the prefix of the service may not be read', async () => {
    await expect(configOf('other', 'catalog', 'right-password')).rejects.toMatchObject({
      cause: { code: 'KEELSON_ETCD_ACCESS_DENIED', details: { reason: 'permission' } },
    })
  })

  it('goes on without the shared prefix while it may not be read, and takes it once it may', async () => {
    // An earlier try may have got further.
    await call('/v3/auth/role/revoke', {
      role: 'catalog',
      key: btoa('/acme/test/_shared/'),
      range_end: btoa('/acme/test/_shared0'),
    }).catch(() => undefined)
    await call('/v3/kv/put', { key: btoa('/acme/test/catalog/greeting'), value: btoa('own') })
    await call('/v3/kv/put', { key: btoa('/acme/test/_shared/greeting'), value: btoa('shared') })
    const config = await configOf('catalog', 'catalog', 'right-password')
    expect(config.current.greeting).toBe('own')
    expect(config.warnings.join('\n')).toContain('denies the permission to read /acme/test/_shared/')
    await call('/v3/kv/put', { key: btoa('/acme/test/catalog/greeting'), value: btoa('changed') })
    await vi.waitFor(() => expect(config.current.greeting).toBe('changed'), { timeout: 20_000 })
    await grantRead('/acme/test/_shared/')
    await call('/v3/kv/deleterange', { key: btoa('/acme/test/catalog/greeting') })
    await vi.waitFor(() => expect(config.current.greeting).toBe('shared'), { timeout: 20_000 })
    await call('/v3/kv/put', { key: btoa('/acme/test/_shared/greeting'), value: btoa('for all') })
    await vi.waitFor(() => expect(config.current.greeting).toBe('for all'), { timeout: 20_000 })
    expect(config.warnings).toEqual([])
    await config.close()
  })

  it('goes on after etcd was restarted and has forgotten its tokens', async () => {
    // Where an earlier try has left it dead, or without the token.
    await etcd.start()
    await logIn()
    await call('/v3/kv/put', { key: btoa('/acme/test/catalog/greeting'), value: btoa('before') })
    const config = await configOf('catalog', 'catalog', 'right-password')
    expect(config.current.greeting).toBe('before')
    await etcd.kill()
    await etcd.start()
    await logIn()
    await call('/v3/kv/put', { key: btoa('/acme/test/catalog/greeting'), value: btoa('after') })
    await vi.waitFor(() => expect(config.current.greeting).toBe('after'), { timeout: 20_000 })
    await config.close()
  })
})
