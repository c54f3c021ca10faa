import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import type { HttpClient } from '@keelson/http-client'
import type { ServiceDefinition } from './definition.ts'
import { type DependencySettings, withSettings } from './dependency-keys.ts'
import { followGroup, type HouseConfig } from './load-config.ts'

/** Clients by name, and their end. */
export interface Dependencies {
  readonly clients: Readonly<Record<string, HttpClient>>
  close(): Promise<void>
}

/**
 * Makes a client for each declared dependency, and has it follow its keys. The client's package is only loaded where there is
 * one. All clients of a service share one resolver, so that a name is asked for once per time to live.
 */
export async function createDependencies(
  { name: service, dependencies = {} }: ServiceDefinition,
  config: HouseConfig,
): Promise<Dependencies> {
  const names = Object.keys(dependencies)
  if (names.length === 0) return { clients: {}, close: async () => {} }
  const [{ createHttpClient }, { createResolver }] = await Promise.all([
    import('@keelson/http-client'),
    import('@keelson/core/dns'),
  ])
  const resolver = createResolver({ service })
  const clients: Record<string, HttpClient> = {}
  const ends: (() => void)[] = []
  for (const [dependency, own] of Object.entries(dependencies)) {
    const configured = config.current.dependencies?.[dependency]
    const policy = configured === undefined ? own : { ...own, ...withSettings(own, configured) }
    const target = configured?.target ?? own.target
    const client = fromConfiguration(dependency, () =>
      createHttpClient({ resolver, ...policy, target, service, dependency }),
    )
    clients[dependency] = client
    // What cannot be used was refused before: `refineOf` checks every candidate.
    const follow = (next: DependencySettings) => client.update(withSettings(own, next))
    ends.push(followGroup(config, 'dependencies', dependency, follow))
  }
  return {
    clients: Object.freeze(clients),
    close: async () => {
      for (const end of ends) end()
      await Promise.all(Object.values(clients).map((client) => client.close()))
    },
  }
}

/** What only the policy itself can refuse (a ratio above 1, an attempt longer than its call) is a fault of the configuration. */
function fromConfiguration(dependency: string, make: () => HttpClient): HttpClient {
  try {
    return make()
  } catch (error) {
    if (!isKeelsonError(error)) throw error
    throw new KeelsonError(
      'KEELSON_CONFIG_INVALID',
      `The keys dependencies.${dependency}.*, over what the code declares, cannot be used. ${error.message}`,
      { cause: error },
    )
  }
}
