import type { ConfigSchema } from '@keelson/config'
import type { HttpClientPolicy } from '@keelson/http-client'
import type { DependencyDefinition, ServiceDefinition } from './definition.ts'

/** The policy of a dependency in configuration, by the names that it has in code: format and meaning. Durations and sizes are texts. */
const policyKeys = {
  timeout: ['duration', 'Time for a whole call, retries included; 0: only that of the caller'],
  attemptTimeout: ['duration', 'Time for one attempt; 0: none'],
  connectTimeout: ['duration', 'Time to make a connection'],
  connectionMaxAge: ['duration', 'Age at which a connection is given up for a new one; 0: never'],
  keepAlive: ['duration', 'Time that an idle connection is kept'],
  maxConnections: ['nat', 'Connections to one address at most'],
  maxResponse: ['bytes', 'Largest body of an answer'],
  deduplicate: ['boolean', 'Whether identical reads under way are made once'],
  retry: {
    enabled: ['boolean', 'Whether failed calls are made again'],
    maxRetries: ['nat', 'Calls in addition to the first'],
    backoff: ['duration', 'Base of the pause before a retry'],
    maxBackoff: ['duration', 'Longest pause before a retry'],
    budget: {
      enabled: ['boolean', 'Whether all retries together are bounded'],
      depositRatio: ['number', 'Retries earned by each call'],
      depositPerSecond: ['number', 'Retries earned by each second'],
      maxTokens: ['number', 'Retries that can be saved up'],
    },
  },
  breaker: {
    enabled: ['boolean', 'Whether there is a circuit breaker'],
    failureRatio: ['number', 'Share of failed calls at which the circuit opens'],
    minimumThroughput: ['nat', 'Calls in the window before the circuit may open'],
    sampling: ['duration', 'Length of the window of the circuit'],
    break: ['duration', 'First time that the circuit stays open'],
    maxBreak: ['duration', 'Longest time that the circuit stays open'],
    probeCount: ['nat', 'Calls that must succeed to close the circuit'],
  },
  bulkhead: {
    enabled: ['boolean', 'Whether calls under way are bounded'],
    maxConcurrent: ['nat', 'Calls under way at most'],
    maxQueue: ['nat', 'Calls that may wait at most'],
  },
  hedge: {
    enabled: ['boolean', 'Whether slow reads are asked for a second time'],
    maxRatio: ['number', 'Second attempts at most, as a share of the calls'],
    quantile: ['number', 'Share of the calls that are faster than the wait before a second attempt'],
  },
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
export type DependencySettings = SettingsOf<typeof policyKeys> & { readonly target: string }

type SettingsOf<Keys> = {
  readonly [Name in keyof Keys]: Keys[Name] extends readonly [infer Format, string]
    ? (Format extends 'boolean' ? boolean : number) | null
    : SettingsOf<Keys[Name]>
}

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
  const { target: _fixed, timeout, attemptTimeout, connectionMaxAge, retry, ...rest } = settings
  const { budget, ...retries } = retry
  const { bulkhead, breaker, hedge, endpoints, ...plain } = rest
  const ownRetry = typeof own.retry === 'object' ? own.retry : undefined
  const layers = {
    retry: layer(own.retry, retries, { budget: layer(ownRetry?.budget, budget) }),
    bulkhead: layer(own.bulkhead, bulkhead),
    breaker: layer(own.breaker, breaker),
    hedge: layer(own.hedge ?? false, hedge),
    endpoints: layer(own.endpoints, endpoints),
  }
  return {
    ...policyOf(own),
    ...inCode(plain),
    ...inCode({ timeout, attemptTimeout, connectionMaxAge }, (value) => (value === 0 ? false : value)),
    ...present(layers),
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
  }
}

interface PolicyKeys {
  readonly [name: string]: readonly [format: string, doc: string] | PolicyKeys
}

function leavesOf(keys: PolicyKeys): ConfigSchema {
  const leaves = Object.entries(keys).map(([name, key]) => {
    if (!isLeaf(key)) return [name, leavesOf(key)]
    const [format, doc] = key
    return [name, { doc: `${doc}; unset: as in code`, format, nullable: true, reload: 'hot' }]
  })
  return Object.fromEntries(leaves) as ConfigSchema // `fromEntries` forgets the type of its values
}

function isLeaf(key: PolicyKeys[string]): key is readonly [format: string, doc: string] {
  return Array.isArray(key)
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

/**
 * One layer: what configuration sets, over what the code says. `enabled` decides whether there is one; without it, numbers
 * tune a layer, and do not bring back one that the code has switched off.
 *
 * @returns `undefined` when configuration says nothing
 */
function layer(
  own: object | false | undefined,
  { enabled, ...numbers }: { readonly enabled: boolean | null },
  inner: Readonly<Record<string, unknown>> = {},
): object | false | undefined {
  const set = { ...inCode(numbers), ...present(inner) }
  if (enabled === false) return false
  if (own === false && enabled !== true) return undefined
  if (enabled === null && Object.keys(set).length === 0) return undefined
  return { ...own, ...set }
}

/** The settings that are set, by the names that they have in code. */
function inCode(
  settings: object,
  change: (value: unknown) => unknown = (value) => value,
): Readonly<Record<string, unknown>> {
  const set = Object.entries(settings).filter(([, value]) => value !== null)
  return Object.fromEntries(set.map(([name, value]) => [codeName(name), change(value)]))
}

const unitOf: ReadonlyMap<string, string> = new Map(durationNames().map((name) => [name, 'Ms']))

/** The name in configuration of a number of a policy: `timeout` for `timeoutMs`. */
export function configName(name: string): string {
  return name.replace(/(Ms|(?<=maxResponse)Bytes)$/, '')
}

function codeName(name: string): string {
  return name === 'maxResponse' ? 'maxResponseBytes' : name + (unitOf.get(name) ?? '')
}

/** Names of all keys that hold durations. */
function durationNames(keys: PolicyKeys = policyKeys): readonly string[] {
  return Object.entries(keys).flatMap(([name, key]) => {
    if (!isLeaf(key)) return durationNames(key)
    return key[0] === 'duration' ? [name] : []
  })
}

function present(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}
