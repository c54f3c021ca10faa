import { KeelsonError } from '@keelson/core/errors'
import type { ServiceDefinition } from './definition.ts'
import { houseSchema } from './house-schema.ts'

// A DNS label (RFC 1123), as Kubernetes asks of names of Services; `_` would be lost in hostnames.
const namePattern = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Checks what the types cannot: names, and keys that belong to the chassis.
 *
 * @throws KEELSON_SERVICE_DEFINITION_INVALID
 */
export function checkDefinition(definition: ServiceDefinition): void {
  if (!namePattern.test(definition.name)) {
    throw invalid(
      `The name "${definition.name}" is not usable. Take lower-case letters, digits and "-", beginning with a letter.`,
    )
  }
  for (const key of Object.keys(definition.config ?? {})) {
    if (Object.hasOwn(houseSchema, key) || groupsOfNames.has(key)) {
      throw invalid(
        `The configuration key "${key}" is the chassis's own. Choose another name for the service's key.`,
      )
    }
  }
  const { dependencies = {}, resources = {} } = definition
  for (const name of Object.keys(dependencies)) checkName('dependency', name)
  for (const name of Object.keys(resources)) {
    checkName('resource', name)
    if (Object.hasOwn(dependencies, name)) {
      throw invalid(
        `"${name}" is a dependency and a resource, and their series have one label. Give one of them another name.`,
      )
    }
  }
}

/** Keys of configuration below which everything has the name that the definition gives it. */
const groupsOfNames: ReadonlySet<string> = new Set(['dependencies', 'resources'])

function checkName(kind: string, name: string): void {
  if (/^[a-z][A-Za-z0-9]{0,62}$/.test(name)) return
  throw invalid(
    `The ${kind} name "${name}" is not usable. Take letters and digits, beginning with a lower-case letter.`,
  )
}

function invalid(message: string): KeelsonError {
  return new KeelsonError('KEELSON_SERVICE_DEFINITION_INVALID', message)
}
