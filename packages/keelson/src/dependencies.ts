import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import type { HttpClient } from '@keelson/http-client'
import type { ServiceDefinition } from './definition.ts'
import { type DependencySettings, withSettings } from './dependency-keys.ts'

/** Clients by name, and their end. */
export interface Dependencies {
  readonly clients: Readonly<Record<string, HttpClient>>
  close(): Promise<void>
}

/**
 * Makes a client for each declared dependency. The client's package is only loaded where there is one.
 *
 * @param settings what configuration says of each
 */
export async function createDependencies(
  { name: service, dependencies = {} }: ServiceDefinition,
  settings: Readonly<Record<string, DependencySettings>>,
): Promise<Dependencies> {
  const names = Object.keys(dependencies)
  if (names.length === 0) return { clients: {}, close: async () => {} }
  const { createHttpClient } = await import('@keelson/http-client')
  const clients: Record<string, HttpClient> = {}
  for (const [dependency, own] of Object.entries(dependencies)) {
    const configured = settings[dependency]
    const policy = configured === undefined ? own : withSettings(own, configured)
    clients[dependency] = fromConfiguration(dependency, () =>
      createHttpClient({ ...policy, service, dependency }),
    )
  }
  return {
    clients: Object.freeze(clients),
    close: async () => {
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
