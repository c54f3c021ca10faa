import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConfig } from '@keelson/config'
import { type EtcdFixture, requireServer, startEtcd } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createEtcdSource, type EtcdTlsFiles } from '../src/index.ts'
import { createTestAuthority, type TestAuthority, type TestCertificate } from './certificates.ts'

const program = requireServer('etcd')
const schema = { greeting: { format: 'string', default: 'Hello', reload: 'hot' } } as const

describe.skipIf(!program.available)('createEtcdSource over TLS', () => {
  let folder = ''
  let house: TestAuthority
  let foreign: TestAuthority
  let service: TestCertificate
  let stranger: TestCertificate
  let etcd: EtcdFixture
  let bare: EtcdFixture

  // What etcd and the service read; its contents change in the last test, as those of a mounted secret do.
  const file = (name: string) => join(folder, name)

  async function mount(authority: TestAuthority): Promise<void> {
    const server = await authority.sign('etcd')
    const client = await authority.sign('catalog')
    await copyFile(authority.caFile, file('ca.pem'))
    await copyFile(server.certFile, file('server.pem'))
    await copyFile(server.keyFile, file('server.key'))
    await copyFile(client.certFile, file('client.pem'))
    await copyFile(client.keyFile, file('client.key'))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keelson-tls-'))
    ;[house, foreign] = await Promise.all([createTestAuthority(), createTestAuthority()])
    await mount(house)
    service = { certFile: file('client.pem'), keyFile: file('client.key') }
    stranger = await foreign.sign('stranger')
    const tls = { certFile: file('server.pem'), keyFile: file('server.key'), caFile: file('ca.pem') }
    ;[etcd, bare] = await Promise.all([startEtcd(program.path, { tls }), startEtcd(program.path)])
  }, 60_000)

  afterAll(async () => {
    await Promise.all([etcd?.close(), bare?.close(), house?.close(), foreign?.close()])
    await rm(folder, { recursive: true, force: true })
  })

  it('tells apart what can be wrong', async () => {
    const caFile = file('ca.pem')
    const cases: readonly (readonly [string, string, EtcdTlsFiles])[] = [
      ['tls-client', etcd.endpoint, { caFile }],
      ['tls-client', etcd.endpoint, { caFile, ...stranger }],
      ['tls-authority', etcd.endpoint, { caFile: foreign.caFile, ...service }],
      ['tls-authority', etcd.endpoint, service],
      ['tls-name', etcd.endpoint.replace('localhost', '127.0.0.1'), { caFile, ...service }],
      ['tls-scheme', bare.endpoint.replace('http', 'https'), { caFile }],
      ['closed', etcd.endpoint.replace('https', 'http'), {}],
      ['tls-file', etcd.endpoint, { caFile: file('absent.pem') }],
    ]
    const failures = await Promise.all(cases.map(([, endpoint, tls]) => failure(endpoint, tls)))
    expect(failures).toEqual(
      cases.map(([reason]) =>
        expect.objectContaining({
          code: 'KEELSON_ETCD_UNAVAILABLE',
          details: expect.objectContaining({ reason }),
        }),
      ),
    )
  })

  it('loads over mutual TLS, and reads renewed files when it connects again', async () => {
    const source = createEtcdSource({
      endpoints: etcd.endpoint,
      org: 'acme',
      env: 'test',
      service: 'catalog',
      tls: { caFile: file('ca.pem'), ...service },
    })
    const config = await createConfig({ service: 'catalog', schema, sources: [source] })
    await etcd.transaction({ '/acme/test/catalog/greeting': 'before' })
    await vi.waitFor(() => expect(config.current.greeting).toBe('before'), { timeout: 20_000 })
    await etcd.kill()
    await mount(foreign)
    await etcd.start()
    await etcd.transaction({ '/acme/test/catalog/greeting': 'after' })
    await vi.waitFor(() => expect(config.current.greeting).toBe('after'), { timeout: 20_000 })
    await config.close()
  }, 60_000)
})

async function failure(endpoints: string, tls: EtcdTlsFiles): Promise<unknown> {
  const source = createEtcdSource({
    endpoints,
    org: 'acme',
    env: 'test',
    service: 'catalog',
    ...(endpoints.startsWith('https') ? { tls } : {}),
  })
  try {
    return await source.load(AbortSignal.timeout(4_000)).then(
      () => 'loaded',
      (error: unknown) => error,
    )
  } finally {
    await source.close()
  }
}
