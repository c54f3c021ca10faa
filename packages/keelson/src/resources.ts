import type { Resource, ResourceDefinition } from '@keelson/resilience/resource'
import type { House } from './house.ts'

/** Adds a resource to a service. */
export type AddResource = <Client>(
  name: string,
  definition: ResourceDefinition<Client>,
) => Promise<Resource<Client>>

/**
 * Makes the `resource` of a service. The package is only loaded where there is a resource.
 *
 * A resource is closed after the last request, job and message, before what was registered earlier.
 */
export function createAddResource({ definition: { name: service }, health, lifecycle }: House): AddResource {
  return async (name, definition) => {
    const { createResource, resourceDefaults } = await import('@keelson/resilience/resource')
    const resource = createResource({ ...definition, service, name })
    lifecycle.onClose(`resource ${name}`, () => resource.close())
    const { critical = false, checkIntervalMs, checkTimeoutMs } = { ...resourceDefaults, ...definition }
    health.check(name, (signal) => resource.check(signal), {
      critical,
      intervalMs: checkIntervalMs ?? resourceDefaults.checkIntervalMs,
      timeoutMs: checkTimeoutMs ?? resourceDefaults.checkTimeoutMs,
    })
    return resource
  }
}
