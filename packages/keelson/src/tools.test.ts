import { describe, expect, it } from 'vitest'
import { describeConfiguration, describeService, inspectConfiguration } from './tools.ts'

const definition = {
  name: 'shop',
  dependencies: { catalog: { target: 'http://catalog' } },
  resources: { database: { breaker: { minimumThroughput: 5 } }, cache: {} },
}

describe('a service as tools see it', () => {
  it('has a row on its board for each service that it calls and each resource', () => {
    expect(describeService(definition)).toEqual({
      name: 'shop',
      dependencies: ['catalog', 'database', 'cache'],
      metrics: [],
    })
  })

  it('has the keys of its resources, by environment names and hot', () => {
    const keys = describeConfiguration(definition).filter(({ key }) => key.startsWith('resources.'))
    expect(new Set(keys.map(({ key }) => key.split('.')[1]))).toEqual(new Set(['database', 'cache']))
    expect(keys.find(({ key }) => key === 'resources.cache.breaker.failureRatio')).toMatchObject({
      environmentNames: ['RESOURCES__CACHE__BREAKER__FAILURE_RATIO'],
      reload: 'hot',
      sensitive: false,
    })
  })

  it('is told what of its resources cannot be used, without starting it', async () => {
    const { faults } = await inspectConfiguration(definition, {
      env: { RESOURCES__DATABASE__CLOSE_TIMEOUT: '1ms', RESOURCES__CACHE__MAX_FAILED_CHECKS: '0' },
      argv: [],
      cwd: import.meta.dirname,
    })
    expect(faults.map(({ key }) => key)).toEqual([
      'resources.database.closeTimeout',
      'resources.cache.maxFailedChecks',
    ])
  })
})
