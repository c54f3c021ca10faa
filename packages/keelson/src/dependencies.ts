import type { HttpClient } from '@keelson/http-client'
import type { ServiceDefinition } from './definition.ts'

/** Clients by name, and their end. */
export interface Dependencies {
  readonly clients: Readonly<Record<string, HttpClient>>
  close(): Promise<void>
}

/**
 * Makes a client for each declared dependency. The client's package is only loaded where there is one.
 *
 * @param targets where each dependency is, after configuration
 */
export async function createDependencies(
  { name: service, dependencies = {} }: ServiceDefinition,
  targets: Readonly<Record<string, { readonly target: string }>>,
): Promise<Dependencies> {
  const names = Object.keys(dependencies)
  if (names.length === 0) return { clients: {}, close: async () => {} }
  const { createHttpClient } = await import('@keelson/http-client')
  const clients: Record<string, HttpClient> = {}
  for (const [dependency, own] of Object.entries(dependencies)) {
    clients[dependency] = createHttpClient({
      ...own,
      service,
      dependency,
      target: targets[dependency]?.target ?? own.target,
    })
  }
  return {
    clients: Object.freeze(clients),
    close: async () => {
      await Promise.all(Object.values(clients).map((client) => client.close()))
    },
  }
}
