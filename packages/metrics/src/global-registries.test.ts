import { createRequire } from 'node:module'
import { afterEach, describe, expect, test } from 'vitest'
import { createGlobalRegistryFinder } from './global-registries.ts'

const { cache } = createRequire(import.meta.url)
const added: string[] = []

afterEach(() => {
  for (const file of added.splice(0)) delete cache[file]
})

/** Puts a module into the table of the process, as requiring it would. */
function load(file: string, exports: unknown): void {
  // Only what is read of a module.
  cache[file] = { exports } as NodeJS.Module
  added.push(file)
}

function registryOf(...metrics: readonly object[]) {
  return { getMetricsAsArray: () => metrics }
}

function createFinder() {
  const found: string[] = []
  const find = createGlobalRegistryFinder((packageName) => found.push(packageName))
  return { find, found }
}

describe('createGlobalRegistryFinder', () => {
  test('finds the process-wide registries of every client that has metrics', () => {
    load('/srv/node_modules/prom-client/index.js', { register: registryOf({ name: 'a' }) })
    load('/srv/node_modules/x/node_modules/@prometheus-io/client/index.js', { register: registryOf({}) })
    load('/srv/node_modules/@platformatic/prom-client/index.js', { register: registryOf({}) })
    const { find, found } = createFinder()
    find()
    expect(found.toSorted()).toEqual(['@platformatic/prom-client', '@prometheus-io/client', 'prom-client'])
  })

  test('passes over empty registries until they have a metric', () => {
    const metrics: object[] = []
    load('/srv/node_modules/prom-client/index.js', { register: { getMetricsAsArray: () => metrics } })
    const { find, found } = createFinder()
    find()
    expect(found).toEqual([])
    metrics.push({ name: 'late' })
    find()
    expect(found).toEqual(['prom-client'])
  })

  test('sees a client that is loaded later', () => {
    const { find, found } = createFinder()
    find()
    load('/srv/node_modules/prom-client/index.js', { register: registryOf({ name: 'a' }) })
    find()
    expect(found).toEqual(['prom-client'])
  })

  test('passes over other files, and clients without a registry', () => {
    load('/srv/node_modules/prom-client/lib/registry.js', { register: registryOf({}) })
    load('/srv/node_modules/my-prom-client/index.js', { register: registryOf({}) })
    load('/srv/node_modules/prom-client/index.js', undefined)
    load('/srv/b/node_modules/prom-client/index.js', { register: {} })
    const { find, found } = createFinder()
    find()
    expect(found).toEqual([])
  })

  test('leaves a registry that fails to the scrape, which counts it', () => {
    const register = {
      getMetricsAsArray: () => {
        throw new Error('broken')
      },
    }
    load('/srv/node_modules/prom-client/index.js', { register })
    const { find, found } = createFinder()
    find()
    expect(found).toEqual(['prom-client'])
  })
})
