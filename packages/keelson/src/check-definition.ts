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
    if (Object.hasOwn(houseSchema, key) || key === 'dependencies') {
      throw invalid(
        `The configuration key "${key}" is the chassis's own. Choose another name for the service's key.`,
      )
    }
  }
  for (const name of Object.keys(definition.dependencies ?? {})) {
    if (!/^[a-z][A-Za-z0-9]{0,62}$/.test(name)) {
      throw invalid(
        `The dependency name "${name}" is not usable. Take letters and digits, beginning with a lower-case letter.`,
      )
    }
  }
}

function invalid(message: string): KeelsonError {
  return new KeelsonError('KEELSON_SERVICE_DEFINITION_INVALID', message)
}
