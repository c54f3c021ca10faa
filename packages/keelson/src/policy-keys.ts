import type { ConfigSchema } from '@keelson/config'
import type { Policy } from '@keelson/resilience'

/** Keys by the names that their numbers have in code, without units: format and meaning. Durations and sizes are texts. */
export interface PolicyKeys {
  readonly [name: string]: readonly [format: string, doc: string] | PolicyKeys
}

/** What is in force of such keys; `null` leaves the choice to the code and the profile. */
export type SettingsOf<Keys> = {
  readonly [Name in keyof Keys]: Keys[Name] extends readonly [infer Format, string]
    ? (Format extends 'boolean' ? boolean : number) | null
    : SettingsOf<Keys[Name]>
}

/** The policy that calls to a dependency and operations of a resource have in common. */
export const policyKeys = {
  timeout: ['duration', 'Time for a whole call, retries included; 0: only that of the caller'],
  attemptTimeout: ['duration', 'Time for one attempt; 0: none'],
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
    probeCount: ['nat', 'Calls that must succeed before others are let through'],
    ramp: ['duration', 'Time in which the share of the calls let through grows to the whole; 0: at once'],
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
} as const

/** A policy in configuration, as it is in force. */
export type PolicySettings = SettingsOf<typeof policyKeys>

/** The schema of a table of keys: hot, and unset as long as the code decides. */
export function leavesOf(keys: PolicyKeys): ConfigSchema {
  const leaves = Object.entries(keys).map(([name, key]) => {
    if (!isLeaf(key)) return [name, leavesOf(key)]
    const [format, doc] = key
    return [name, { doc: `${doc}; unset: as in code`, format, nullable: true, reload: 'hot' }]
  })
  return Object.fromEntries(leaves) as ConfigSchema // `fromEntries` forgets the type of its values
}

/** The policy of the code, and over it what configuration sets. */
export function withPolicy(own: Policy, settings: PolicySettings): Policy {
  const ownRetry = typeof own.retry === 'object' ? own.retry : undefined
  const { timeout, attemptTimeout, retry, bulkhead, breaker, hedge } = settings
  const times = inCode(policyKeys, { timeout, attemptTimeout })
  const budget = layer(ownRetry?.budget, policyKeys.retry.budget, retry.budget)
  return {
    ...own,
    ...Object.fromEntries(Object.entries(times).map(([name, value]) => [name, orOff(value)])),
    ...present({
      retry: layer(own.retry, policyKeys.retry, retry, present({ budget })),
      bulkhead: layer(own.bulkhead, policyKeys.bulkhead, bulkhead),
      breaker: layer(own.breaker, policyKeys.breaker, breaker),
      hedge: layer(own.hedge ?? false, policyKeys.hedge, hedge),
    }),
  }
}

/** A limit of time that is switched off by 0. */
export function orOff(value: unknown): unknown {
  return value === 0 ? false : value
}

/**
 * One layer: what configuration sets, over what the code says. `enabled` decides whether there is one; without it, numbers
 * tune a layer, and do not bring back one that the code has switched off.
 *
 * @param inner what it holds that is a layer itself
 * @returns `undefined` when configuration says nothing
 */
export function layer(
  own: object | false | undefined,
  keys: PolicyKeys,
  settings: object & { readonly enabled: boolean | null },
  inner: object = {},
): object | false | undefined {
  const { enabled, ...numbers } = settings
  const set = { ...inCode(keys, numbers), ...inner }
  if (enabled === false) return false
  if (own === false && enabled !== true) return undefined
  if (enabled === null && Object.keys(set).length === 0) return undefined
  return { ...own, ...set }
}

/** The settings of these keys that are set, by the names that they have in code; groups are left out. */
export function inCode(keys: PolicyKeys, settings: object): Readonly<Record<string, unknown>> {
  const set = Object.entries(settings).flatMap(([name, value]) => {
    const key = keys[name]
    return key === undefined || !isLeaf(key) || value === null ? [] : [[codeName(name, key[0]), value]]
  })
  return Object.fromEntries(set)
}

/** The name in configuration of a number of a policy: `timeout` for `timeoutMs`. */
export function configName(name: string): string {
  return name.replace(/(Ms|(?<=maxResponse)Bytes)$/, '')
}

/** Without what is `undefined`. */
export function present(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function codeName(name: string, format: string): string {
  const unit = format === 'duration' ? 'Ms' : format === 'bytes' ? 'Bytes' : ''
  return name + unit
}

function isLeaf(key: PolicyKeys[string]): key is readonly [format: string, doc: string] {
  return Array.isArray(key)
}
