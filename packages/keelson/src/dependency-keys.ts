import type { ConfigSchema } from '@keelson/config'
import type { HttpClientPolicy } from '@keelson/http-client'
import type { DependencyDefinition, ServiceDefinition } from './definition.ts'
import {
  inCode,
  layer,
  leavesOf,
  orOff,
  policyKeys,
  type PolicySettings,
  present,
  type SettingsOf,
  withPolicy,
} from './policy-keys.ts'

/** What a client over HTTP has beside the policy that all dependencies have. */
const clientKeys = {
  connectTimeout: ['duration', 'Time to make a connection'],
  connectionMaxAge: ['duration', 'Age at which a connection is given up for a new one; 0: never'],
  keepAlive: ['duration', 'Time that an idle connection is kept'],
  maxConnections: ['nat', 'Connections to one address at most'],
  maxResponse: ['bytes', 'Largest body of an answer'],
  deduplicate: ['boolean', 'Whether identical reads under way are made once'],
  endpoints: {
    enabled: ['boolean', 'Whether addresses are told apart, and those that fail are left out'],
    consecutiveFailures: ['nat', 'Failures in a row that eject an address'],
    failureRatio: ['number', 'Share of failed calls above which an address is ejected'],
    minimumThroughput: ['nat', 'Calls in the window before their share counts'],
    sampling: ['duration', 'Length of the window of an address'],
    eject: ['duration', 'Time of the first ejection'],
    maxEject: ['duration', 'Longest ejection'],
    maxEjectedRatio: ['number', 'Share of the addresses that may be ejected at the same time'],
    slowStart: ['duration', 'Time in which the share of an address that is new or back grows to the whole'],
  },
} as const

/** Configuration of one dependency, as it is in force; `null` leaves the choice to the code and the profile. */
export type DependencySettings = PolicySettings & SettingsOf<typeof clientKeys> & { readonly target: string }

/**
 * The keys of a service's dependencies: `dependencies.<name>.target`, alias `<NAME>_URL`, and the policy by the names
 * that it has in code, durations as text. What the ranges are, the policy itself checks.
 */
export function dependencyKeys({ dependencies = {} }: ServiceDefinition): ConfigSchema {
  const names = Object.entries(dependencies)
  if (names.length === 0) return {}
  const keys = names.map(([name, { target }]) => [name, keysOf(name, target)])
  return { dependencies: Object.fromEntries(keys) as ConfigSchema } // `fromEntries` forgets the type of its values
}

/** What a client is made with, or takes while it runs: the code's own policy, and over it what configuration sets. */
export function withSettings(own: DependencyDefinition, settings: DependencySettings): HttpClientPolicy {
  const { connectionMaxAgeMs, ...plain } = inCode(clientKeys, settings)
  const endpoints = layer(own.endpoints, clientKeys.endpoints, settings.endpoints)
  return {
    ...withPolicy(policyOf(own), settings),
    ...plain,
    ...present({ connectionMaxAgeMs: orOff(connectionMaxAgeMs), endpoints }),
  }
}

function keysOf(name: string, target: string): ConfigSchema {
  return {
    target: {
      doc: `Where ${name} is`,
      format: 'url',
      default: target,
      env: `${name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}_URL`,
      sources: ['default', 'file', 'env', 'arg'],
    },
    ...leavesOf(policyKeys),
    ...leavesOf(clientKeys),
  }
}

/** The part of a definition that can change while the client runs. */
function policyOf(own: DependencyDefinition): HttpClientPolicy {
  const {
    target: _target,
    profile: _profile,
    propagation: _propagation,
    operations: _operations,
    fallback: _fallback,
    resolver: _resolver,
    ...policy
  } = own
  return policy
}
