import { checkOptions, type OptionRule, optionRules } from '@keelson/core/errors'
import { checkPolicy } from '../layers.ts'
import type { Policy, Profile } from '../profiles.ts'

/** How a resource is connected, checked and protected: the part of its definition that is data. All of it can change while it works. */
export interface ResourceTuning {
  /**
   * Whether readiness falls with its check. A resource that all replicas share takes all of them out of service at once.
   *
   * @defaultValue false
   */
  readonly critical?: boolean
  /** How operations are bounded and protected; see `createPipeline`. The profile stays as it was. @defaultValue that of the profile `internal` */
  readonly policy?: Policy & { readonly profile?: Profile }
  /**
   * Time for one attempt to connect, in milliseconds.
   *
   * @range 10 to 600,000
   * @defaultValue 10,000
   */
  readonly connectTimeoutMs?: number
  /**
   * First pause between attempts to connect, in milliseconds; doubles each time, and half of each is random.
   *
   * @range 1 to 60,000
   * @defaultValue 100
   */
  readonly connectBackoffMs?: number
  /**
   * Longest pause between attempts to connect, in milliseconds.
   *
   * @range `connectBackoffMs` to 600,000
   * @defaultValue 5,000, or `connectBackoffMs` where that is longer
   */
  readonly maxConnectBackoffMs?: number
  /**
   * Time between two checks, in milliseconds.
   *
   * @range 100 to 3,600,000
   * @defaultValue 5,000
   */
  readonly checkIntervalMs?: number
  /**
   * Time that one check may take, in milliseconds.
   *
   * @range 10 to 60,000
   * @defaultValue 2,000
   */
  readonly checkTimeoutMs?: number
  /**
   * Checks in a row that may fail before another client is connected. It takes the place of the first as soon as it is there,
   * unless the first then works again: a server that is away brings no change, a pool whose connections have all gone silent does.
   *
   * @range whole number, 1 to 1,000
   * @defaultValue 3
   */
  readonly maxFailedChecks?: number
  /**
   * Time in milliseconds that operations under way have to end before a client is closed, and that `close` then has.
   *
   * @range 10 to 600,000
   * @defaultValue 5,000
   */
  readonly closeTimeoutMs?: number
}

/** The numbers of {@link ResourceTuning} beside its policy, with nothing left open. */
export type ResourceSettings = Required<Omit<ResourceTuning, 'policy'>>

/** Defaults of {@link ResourceTuning}. */
export const resourceDefaults: ResourceSettings = Object.freeze({
  critical: false,
  connectTimeoutMs: 10_000,
  connectBackoffMs: 100,
  maxConnectBackoffMs: 5_000,
  checkIntervalMs: 5_000,
  checkTimeoutMs: 2_000,
  maxFailedChecks: 3,
  closeTimeoutMs: 5_000,
})

/** What each option of {@link ResourceTuning} may be. */
export function tuningRules({ connectBackoffMs = resourceDefaults.connectBackoffMs }: ResourceTuning): {
  readonly [Name in keyof Required<ResourceTuning>]: OptionRule
} {
  return {
    critical: optionRules.boolean,
    policy: optionRules.object,
    connectTimeoutMs: optionRules.number({ min: 10, max: 600_000 }),
    connectBackoffMs: optionRules.number({ min: 1, max: 60_000 }),
    maxConnectBackoffMs: optionRules.number({ min: connectBackoffMs, max: 600_000 }),
    checkIntervalMs: optionRules.number({ min: 100, max: 3_600_000 }),
    checkTimeoutMs: optionRules.number({ min: 10, max: 60_000 }),
    maxFailedChecks: optionRules.number({ min: 1, max: 1_000, integer: true }),
    closeTimeoutMs: optionRules.number({ min: 10, max: 600_000 }),
  }
}

/**
 * Checks the numbers of a resource, its policy included, and does nothing else.
 *
 * @returns them with nothing left open
 * @throws KEELSON_RESILIENCE_OPTIONS_INVALID; `details.path` names the number
 */
export function checkResourceTuning(tuning: ResourceTuning): ResourceSettings {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'resource', tuning, tuningRules(tuning))
  const { policy: { profile = 'internal', ...policy } = {}, ...numbers } = tuning
  checkOptions(
    'KEELSON_RESILIENCE_OPTIONS_INVALID',
    'resource.policy',
    { profile },
    { profile: optionRules.oneOf('internal', 'external', 'batch') },
  )
  checkPolicy(profile, policy)
  return completeSettings(numbers)
}

/** Options that are there but `undefined` leave the default alone; a first pause beyond the longest of the defaults is the longest itself. */
function completeSettings(numbers: Omit<ResourceTuning, 'policy'>): ResourceSettings {
  const set = Object.entries(numbers).filter(([, value]) => value !== undefined)
  const maxConnectBackoffMs = Math.max(resourceDefaults.maxConnectBackoffMs, numbers.connectBackoffMs ?? 0)
  return { ...resourceDefaults, maxConnectBackoffMs, ...Object.fromEntries(set) }
}
