import type { ConfigSchema } from '@keelson/config'
import type { ResourceTuning } from '@keelson/resilience/resource'
import type { ResourceDeclaration, ServiceDefinition } from './definition.ts'
import {
  configName,
  inCode,
  leavesOf,
  policyKeys,
  type PolicySettings,
  type SettingsOf,
  withPolicy,
} from './policy-keys.ts'

/** What a resource has beside the policy that all dependencies have. */
const connectionKeys = {
  critical: ['boolean', 'Whether readiness falls with its check'],
  connectTimeout: ['duration', 'Time for one attempt to connect'],
  connectBackoff: ['duration', 'First pause between attempts to connect'],
  maxConnectBackoff: ['duration', 'Longest pause between attempts to connect'],
  checkInterval: ['duration', 'Time between two checks'],
  checkTimeout: ['duration', 'Time that one check may take'],
  maxFailedChecks: ['nat', 'Checks in a row that may fail before another connection is made'],
  closeTimeout: ['duration', 'Time for operations under way to end at a close, and for the close itself'],
} as const

/** Configuration of one resource, as it is in force; `null` leaves the choice to the declaration and the profile. */
export type ResourceConfiguration = PolicySettings & SettingsOf<typeof connectionKeys>

/** The keys of a service's declared resources, `resources.<name>.*`, by the names that they have in the declaration, durations as text. */
export function resourceKeys({ resources = {} }: ServiceDefinition): ConfigSchema {
  const names = Object.keys(resources)
  if (names.length === 0) return {}
  const keys = { ...leavesOf(connectionKeys), ...leavesOf(policyKeys) }
  // `fromEntries` forgets the type of its values.
  return { resources: Object.fromEntries(names.map((name) => [name, keys])) as ConfigSchema }
}

/**
 * What a resource is made with, or takes while it works: its declaration, and over it what configuration sets. What it may be,
 * `checkResourceTuning` says.
 */
export function withConfiguration(
  declared: ResourceDeclaration,
  configured: ResourceConfiguration,
): ResourceTuning {
  const set = Object.entries(declared).filter(([, value]) => value !== undefined)
  const ofConnection = set.filter(([name]) => configName(name) in connectionKeys)
  const ofPolicy = set.filter(([name]) => !(configName(name) in connectionKeys))
  return {
    ...Object.fromEntries(ofConnection),
    ...inCode(connectionKeys, configured),
    policy: withPolicy(Object.fromEntries(ofPolicy), configured),
  }
}
