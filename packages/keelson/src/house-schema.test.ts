import { createConfig } from '@keelson/config'
import { describe, expect, it } from 'vitest'
import { schemaOf } from './house-schema.ts'
import { resolveRuntime } from './runtime.ts'

function configOf(env: Record<string, string>, dependencies: Record<string, { target: string }> = {}) {
  const schema = schemaOf({ name: 'delivery', dependencies }, resolveRuntime({ env }))
  return createConfig({ service: 'delivery', schema, env })
}

describe('schemaOf', () => {
  it('waits 5 s before it closes the listener in Kubernetes, and not at all elsewhere', async () => {
    expect(await configOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toMatchObject({
      current: { shutdown: { drainDelay: 5_000, grace: 25_000 } },
    })
    expect(await configOf({})).toMatchObject({ current: { shutdown: { drainDelay: 0 } } })
  })

  it('knows the conventional names of its keys', async () => {
    const config = await configOf({
      HOST: '127.0.0.1',
      PORT: '9000',
      OPS_PORT: '9001',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'pretty',
      GELF_URL: 'udp://graylog:12201',
      ETCD_ENDPOINTS: 'http://a:2379, http://b:2379',
      SHUTDOWN_GRACE: '10s',
    })
    expect(config.current).toMatchObject({
      http: { host: '127.0.0.1', port: 9_000 },
      ops: { port: 9_001 },
      log: { level: 'debug', format: 'pretty', gelf: { url: 'udp://graylog:12201' } },
      etcd: { endpoints: ['http://a:2379', 'http://b:2379'] },
      shutdown: { grace: 10_000 },
    })
  })

  it('makes the target of a dependency a key with an alias', async () => {
    const dependencies = { userAccounts: { target: 'http://accounts:8080' } }
    expect(await configOf({}, dependencies)).toMatchObject({
      current: { dependencies: { userAccounts: { target: 'http://accounts:8080' } } },
    })
    expect(await configOf({ USER_ACCOUNTS_URL: 'http://10.0.0.7:1234' }, dependencies)).toMatchObject({
      current: { dependencies: { userAccounts: { target: 'http://10.0.0.7:1234' } } },
    })
  })

  it('keeps identity, ports and targets out of the reach of remote sources', () => {
    const schema = schemaOf(
      { name: 'a', dependencies: { b: { target: 'http://b' } } },
      resolveRuntime({ env: {} }),
    )
    const sources = JSON.stringify(schema, (key, value: unknown) =>
      key === 'sources' ? `sources:${String(value)}` : value,
    )
    expect(sources).not.toMatch(/sources:[a-z,]*remote/)
    expect(schema).toMatchObject({
      dependencies: { b: { target: { sources: ['default', 'file', 'env', 'arg'] } } },
      http: { host: { sources: ['default', 'file', 'env', 'arg'] } },
      etcd: { endpoints: { sources: ['default', 'file', 'env', 'arg'] } },
      log: { gelf: { url: { sources: ['default', 'file', 'env', 'arg'] } } },
    })
  })
})
