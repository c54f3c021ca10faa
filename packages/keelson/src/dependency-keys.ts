import type { ConfigSchema, ConfigValues } from '@keelson/config'
import type { HttpClientOptions } from '@keelson/http-client'
import type { DependencyDefinition, ServiceDefinition } from './definition.ts'

/** The policy of a dependency in configuration, by the names that it has in code; durations as text. */
const policyKeys = {
  timeout: {
    doc: 'Time for a whole call, retries included; unset: as in code',
    format: 'duration',
    nullable: true,
  },
  attemptTimeout: { doc: 'Time for one attempt; unset: as in code', format: 'duration', nullable: true },
  connectTimeout: { doc: 'Time to make a connection; unset: as in code', format: 'duration', nullable: true },
  maxConnections: { doc: 'Connections at most; unset: as in code', format: 'nat', nullable: true },
  retry: {
    maxRetries: { doc: 'Calls in addition to the first; unset: as in code', format: 'nat', nullable: true },
  },
  breaker: {
    failureRatio: {
      doc: 'Share of failed calls at which the circuit opens; unset: as in code',
      format: 'number',
      nullable: true,
    },
    minimumThroughput: {
      doc: 'Calls in the window before the circuit may open; unset: as in code',
      format: 'nat',
      nullable: true,
    },
    sampling: {
      doc: 'Length of the window of the circuit; unset: as in code',
      format: 'duration',
      nullable: true,
    },
    break: {
      doc: 'First time that the circuit stays open; unset: as in code',
      format: 'duration',
      nullable: true,
    },
  },
  bulkhead: {
    maxConcurrent: { doc: 'Calls under way at most; unset: as in code', format: 'nat', nullable: true },
    maxQueue: { doc: 'Calls that may wait at most; unset: as in code', format: 'nat', nullable: true },
  },
} as const

/** Configuration of one dependency, as it is in force; `null` leaves the choice to the code and the profile. */
export type DependencySettings = ConfigValues<typeof policyKeys> & { readonly target: string }

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

/** What a client is made with: the code's own policy, and over it what configuration sets. */
export function withSettings(
  own: DependencyDefinition,
  settings: DependencySettings,
): Omit<HttpClientOptions, 'service' | 'dependency'> {
  const { target, retry, breaker, bulkhead } = settings
  return {
    ...own,
    ...present({
      timeoutMs: settings.timeout,
      attemptTimeoutMs: settings.attemptTimeout,
      connectTimeoutMs: settings.connectTimeout,
      maxConnections: settings.maxConnections,
    }),
    target,
    ...layer('retry', own.retry, present(retry)),
    ...layer(
      'breaker',
      own.breaker,
      present({
        failureRatio: breaker.failureRatio,
        minimumThroughput: breaker.minimumThroughput,
        samplingMs: breaker.sampling,
        breakMs: breaker.break,
      }),
    ),
    ...layer('bulkhead', own.bulkhead, present(bulkhead)),
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
    ...policyKeys,
  }
}

/** The settings that are set. */
function present<Settings extends object>(
  settings: Settings,
): { [Key in keyof Settings]?: NonNullable<Settings[Key]> } {
  const entries = Object.entries(settings).filter(([, value]) => value !== null)
  return Object.fromEntries(entries) as { [Key in keyof Settings]?: NonNullable<Settings[Key]> } // the rest was left out
}

/** A layer that code has switched off stays off: configuration tunes, and does not switch on what nobody has tried. */
function layer<Name extends string, Layer extends object>(
  name: Name,
  own: Layer | false | undefined,
  settings: object,
): Partial<Record<Name, Layer | false>> {
  if (Object.keys(settings).length === 0 || own === false) return {}
  return { [name]: { ...own, ...settings } } as Partial<Record<Name, Layer | false>> // one computed key
}
