import { KeelsonError } from '@keelson/core/errors'
import type { HealthCheckOptions } from '@keelson/core/health'
import type {
  Resource,
  ResourceDefinition,
  ResourceFunctions,
  ResourceSettings,
} from '@keelson/resilience/resource'
import type { ResourceDeclaration, ServiceDefinition } from './definition.ts'
import type { House } from './house.ts'
import { followGroup } from './load-config.ts'
import { withConfiguration } from './resource-keys.ts'

/**
 * Adds a resource to a service: one that its definition declares by its name and functions, since its numbers are in the
 * declaration and in configuration; any other, where none is declared, with its numbers beside them.
 */
export type AddResource<Definition extends ServiceDefinition = ServiceDefinition> = Definition extends {
  readonly resources: infer Declared
}
  ? <Client>(name: keyof Declared & string, functions: ResourceFunctions<Client>) => Promise<Resource<Client>>
  : <Client>(name: string, definition: ResourceDefinition<Client>) => Promise<Resource<Client>>

/**
 * Makes the `resource` of a service. The package is only loaded where there is a resource.
 *
 * A resource is closed after the last request, job and message, before what was registered earlier.
 */
export function createAddResource({
  definition: { name: service, resources: declarations },
  config,
  health,
  lifecycle,
  resources,
}: House): AddResource {
  return async (name, definition) => {
    const { createResource } = await import('@keelson/resilience/resource')
    const declared = declarationOf(declarations, name, definition)
    const configured = config.current.resources?.[name]
    const tuned =
      declared === undefined || configured === undefined
        ? definition
        : { ...definition, ...withConfiguration(declared, configured) }
    const resource = createResource({ ...tuned, service, name })
    let unfollow: (() => void) | undefined
    lifecycle.onClose(`resource ${name}`, () => {
      unfollow?.()
      return resource.close()
    })
    try {
      health.check(name, (signal) => resource.check(signal), checkOptionsOf(resource.settings))
    } catch (error) {
      // Its name is taken: what connects already must not go on to the end of the service.
      await resource.close()
      throw error
    }
    resources.set(name, resource)
    if (declared !== undefined) {
      unfollow = followGroup(config, 'resources', name, (next) => {
        // What cannot be used was refused before: `refineOf` checks every candidate.
        resource.update(withConfiguration(declared, next))
        health.update(name, checkOptionsOf(resource.settings))
      })
    }
    return resource
  }
}

/** @throws KEELSON_SERVICE_DEFINITION_INVALID */
function declarationOf(
  declarations: ServiceDefinition['resources'],
  name: string,
  definition: object,
): ResourceDeclaration | undefined {
  if (declarations === undefined) return undefined
  const declared = Object.hasOwn(declarations, name) ? declarations[name] : undefined
  if (declared === undefined) {
    // A name that is mistyped would otherwise have keys that do nothing, which is found out in an incident.
    const known = Object.keys(declarations).join(', ')
    throw invalid(
      `The resource "${name}" is not among those that the service declares (${known}). Declare it: resources: { ${name}: {} }, or correct its name.`,
    )
  }
  const numbers = Object.keys(definition).filter((option) => !functionNames.has(option))
  if (numbers.length === 0) return declared
  throw invalid(
    `The resource "${name}" is declared, and is given ${numbers.join(', ')} once more. Move that to its declaration: resources: { ${name}: { … } }.`,
  )
}

const functionNames: ReadonlySet<string> = new Set(['connect', 'check', 'close', 'isOutage'])

function checkOptionsOf({
  critical,
  checkIntervalMs,
  checkTimeoutMs,
}: ResourceSettings): Required<HealthCheckOptions> {
  return { critical, intervalMs: checkIntervalMs, timeoutMs: checkTimeoutMs }
}

function invalid(message: string): KeelsonError {
  return new KeelsonError('KEELSON_SERVICE_DEFINITION_INVALID', message)
}
