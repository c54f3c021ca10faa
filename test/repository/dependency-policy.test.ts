import { createConfig, describeSchema } from '@keelson/config'
import { describe, expect, it } from 'vitest'
import {
  dependencyKeys,
  type DependencySettings,
  withSettings,
} from '../../packages/keelson/src/dependency-keys.ts'
import {
  type ResourceConfiguration,
  resourceKeys,
  withConfiguration,
} from '../../packages/keelson/src/resource-keys.ts'
import { resourceDefaults } from '../../packages/resilience/src/resource/index.ts'
import {
  breakerDefaults,
  bulkheadDefaults,
  endpointDefaults,
  hedgeDefaults,
  profiles,
  retryBudgetDefaults,
  retryDefaults,
} from '../../packages/resilience/src/index.ts'

const definition = { name: 'delivery', dependencies: { catalog: { target: 'http://catalog:8080' } } }

describe('the keys of a dependency', () => {
  it('name every number of every layer', async () => {
    const numbers = describeSchema(dependencyKeys(definition)).filter(
      ({ key }) => !/\.(target|enabled|deduplicate)$/.test(key),
    )
    const env = Object.fromEntries(numbers.map(({ environmentNames }) => [environmentNames[0], '1']))
    const config = await createConfig({ service: 'delivery', schema: dependencyKeys(definition), env })
    // As the keys say.
    const { catalog } = (config.current as { dependencies: { catalog: DependencySettings } }).dependencies
    const own = { target: 'http://catalog:8080', hedge: {} }
    const { retry, breaker, bulkhead, hedge, endpoints } = withSettings(own, catalog)
    expect(names(breaker)).toEqual(names(breakerDefaults))
    expect(names(bulkhead)).toEqual(names(bulkheadDefaults))
    expect(names(hedge)).toEqual(names(hedgeDefaults))
    expect(names(endpoints)).toEqual(names(endpointDefaults))
    expect(names(retry)).toEqual(names({ ...retryDefaults, budget: undefined }))
    expect(names(retry === false ? false : retry?.budget)).toEqual(names(retryBudgetDefaults))
  })
})

describe('the keys of a resource', () => {
  it('name every number of its declaration', async () => {
    const resource = { name: 'shop', resources: { database: { hedge: {} } } }
    const schema = resourceKeys(resource)
    const numbers = describeSchema(schema).filter(({ key }) => !/\.(critical|enabled)$/.test(key))
    const env = Object.fromEntries(numbers.map(({ environmentNames }) => [environmentNames[0], '1']))
    const config = await createConfig({ service: 'shop', schema, env })
    // As the keys say.
    const { database } = (config.current as { resources: { database: ResourceConfiguration } }).resources
    const { policy, ...tuning } = withConfiguration(
      { ...resource.resources.database, critical: true },
      database,
    )
    expect(names(tuning)).toEqual(names(resourceDefaults))
    expect(names(policy)).toEqual(names(profiles.internal))
    for (const layer of ['breaker', 'bulkhead', 'hedge'] as const) {
      expect(names(policy?.[layer])).toEqual(
        names({ breakerDefaults, bulkheadDefaults, hedgeDefaults }[`${layer}Defaults`]),
      )
    }
  })
})

function names(layer: object | false | undefined): readonly string[] {
  return Object.keys(layer === false ? {} : (layer ?? {})).toSorted()
}
