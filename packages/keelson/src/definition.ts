import type { ConfigSchema, RefineFault } from '@keelson/config'
import type { HttpClientOptions } from '@keelson/http-client'
import type { MetricDeclaration } from '@keelson/metrics'
import type { Policy, Profile } from '@keelson/resilience'
import type { ResourceTuning } from '@keelson/resilience/resource'

/** A service that this one calls: where it is, and how calls to it are bounded and protected. */
export interface DependencyDefinition
  extends Omit<HttpClientOptions, 'service' | 'dependency' | 'target' | 'clock' | 'random'> {
  /** Where it is, `http://catalog:8080`. Configuration may change it: `dependencies.<name>.target`, `<NAME>_URL`. */
  readonly target: string
}

/**
 * A database, a cache, a broker: how it is connected and checked, and how operations are bounded and protected. Configuration may
 * change all of it but the profile while the service runs: `resources.<name>.*`, by the same names.
 */
export interface ResourceDeclaration extends Policy, Omit<ResourceTuning, 'policy'> {
  /** What kind of neighbour it is. @defaultValue `internal` */
  readonly profile?: Profile
}

/**
 * What a service is: pure data and types, no I/O. Tests and tools import it without starting anything;
 * `createService` runs it.
 */
export interface ServiceDefinition {
  /** Name in logs, metrics and etcd: lower-case letters, digits and `-`, beginning with a letter, at most 63. */
  readonly name: string
  /** @defaultValue `version` of the `package.json` in the working directory */
  readonly version?: string
  /** The service's own configuration keys, beside those of the chassis. */
  readonly config?: ConfigSchema
  /**
   * Rules that span several keys: what is wrong with a configuration whose every value is right by itself. Runs on every
   * candidate, at the start and at each change; it is handed the whole of
   * `config.current`, of which it names what it reads: `({ limits }: { limits: { least: number; most: number } }) => …`.
   *
   * @returns one entry per fault, or nothing
   */
  readonly refine?: (values: never) => readonly RefineFault[] | undefined
  /**
   * Whether it serves requests. `false` for a consumer or a cron: then only the operations endpoints listen.
   *
   * @defaultValue true
   */
  readonly http?: boolean
  /** The services that it calls, by name. */
  readonly dependencies?: Readonly<Record<string, DependencyDefinition>>
  /**
   * The databases, caches and brokers that it uses, by name; `{}` for all defaults. `service.resource(name, { connect, … })`
   * brings what is done with each. With one declared, all of them are: a name that is not is refused.
   */
  readonly resources?: Readonly<Record<string, ResourceDeclaration>>
  /**
   * Metrics of its own, under any name. `service.metrics.counter(definition.metrics.served)` makes one;
   * `keelson observability export` draws a panel for each.
   */
  readonly metrics?: Readonly<Record<string, MetricDeclaration>>
}

/**
 * Gives a definition a name of its own, usually in `src/service.ts`, with all of its types kept.
 *
 * @returns the definition itself
 */
export function defineService<const Definition extends ServiceDefinition>(
  definition: Definition,
): Definition {
  return definition
}
