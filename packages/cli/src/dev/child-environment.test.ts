import { describe, expect, it } from 'vitest'
import { calledBy, childEnvironment, type PlacedService } from './child-environment.ts'

function placed(
  name: string,
  port: number,
  more: Partial<PlacedService['spec']> = {},
  handedOver = false,
): PlacedService {
  const spec = {
    name,
    folder: `/${name}`,
    entry: `/${name}/src/main.ts`,
    ports: undefined,
    choosesHost: false,
    targets: {},
    graceMs: 1,
    note: undefined,
    ...more,
  }
  return { spec, ports: { port, opsPort: port + 1, handedOver } }
}

const settings = { env: { PATH: '/bin' }, opsToken: 'secret', etcd: undefined }
const catalog = placed('catalog', 8080)
const delivery = placed('delivery', 8082, { targets: { catalog: 'CATALOG_URL', other: 'OTHER_URL' } }, true)

describe('childEnvironment', () => {
  it('hands over ports only where they are not the own ones', () => {
    expect(childEnvironment(catalog, [catalog, delivery], settings)).toEqual({
      PATH: '/bin',
      HOST: '127.0.0.1',
      LOG_FORMAT: 'gelf',
      OPS__TOKEN: 'secret',
    })
    expect(childEnvironment(delivery, [catalog, delivery], settings)).toMatchObject({
      PORT: '8082',
      OPS_PORT: '8083',
    })
  })

  it('sets the targets of dependencies that run here, and of no others', () => {
    const env = childEnvironment(delivery, [catalog, delivery], settings)
    expect(env['CATALOG_URL']).toBe('http://127.0.0.1:8080')
    expect(env['OTHER_URL']).toBeUndefined()
    expect(calledBy(delivery, [catalog, delivery])).toEqual(['catalog'])
  })

  it('leaves a target that somebody has set', () => {
    const env = { CATALOG_URL: 'http://elsewhere:1' }
    expect(childEnvironment(delivery, [catalog, delivery], { ...settings, env })['CATALOG_URL']).toBe(
      'http://elsewhere:1',
    )
  })

  it('hands every target to a service whose definition is not known', () => {
    const unknown = placed('unknown', 9000, { targets: undefined })
    const accounts = placed('userAccounts', 9100)
    expect(childEnvironment(unknown, [catalog, accounts, unknown], settings)).toMatchObject({
      CATALOG_URL: 'http://127.0.0.1:8080',
      USER_ACCOUNTS_URL: 'http://127.0.0.1:9100',
    })
  })

  it('does not change where a service listens that says so itself', () => {
    const own = placed('own', 9000, { choosesHost: true })
    expect(childEnvironment(own, [own], settings)['HOST']).toBeUndefined()
  })

  it('names the etcd of the run', () => {
    const env = childEnvironment(catalog, [catalog], { ...settings, etcd: 'http://127.0.0.1:2379' })
    expect(env['ETCD_ENDPOINTS']).toBe('http://127.0.0.1:2379')
  })
})
