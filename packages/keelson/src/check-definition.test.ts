import { describe, expect, it } from 'vitest'
import { checkDefinition } from './check-definition.ts'
import type { ServiceDefinition } from './definition.ts'

const leaf = { doc: 'x', format: 'string', default: '' }

describe('checkDefinition', () => {
  it('takes names of services and dependencies as DNS and configuration know them', () => {
    expect(() =>
      checkDefinition({
        name: 'video-catalog2',
        config: { greeting: leaf },
        dependencies: { userAccounts: { target: 'http://accounts' } },
        resources: { mainDatabase: { critical: true } },
      }),
    ).not.toThrow()
  })

  it.each<ServiceDefinition>([
    { name: '' },
    { name: 'Delivery' },
    { name: 'a_b' },
    { name: '-a' },
    { name: 'a-' },
    { name: 'a'.repeat(64) },
    { name: 'a', config: { http: { port: leaf } } },
    { name: 'a', config: { dependencies: { x: leaf } } },
    { name: 'a', dependencies: { 'user-accounts': { target: 'http://accounts' } } },
    { name: 'a', config: { resources: { x: leaf } } },
    { name: 'a', resources: { 'main-db': {} } },
    { name: 'a', dependencies: { users: { target: 'http://users' } }, resources: { users: {} } },
    { name: 'a', dependencies: { Users: { target: 'http://users' } } },
  ])('refuses %j', (definition) => {
    expect(() => checkDefinition(definition)).toThrow(
      expect.objectContaining({ code: 'KEELSON_SERVICE_DEFINITION_INVALID' }),
    )
  })
})
