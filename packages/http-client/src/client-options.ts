import type { Clock } from '@keelson/core/clock'
import type { Resolver } from '@keelson/core/dns'
import { checkOptions, KeelsonError, type OptionRule, optionRules } from '@keelson/core/errors'
import {
  type BalancerOptions,
  checkEndpointPolicy,
  checkPolicy,
  endpointDefaults,
  type EndpointPolicy,
  type Policy,
  type Profile,
  profiles,
} from '@keelson/resilience'
import type { ClientFallback } from './client-types.ts'
import { checkOperations, type Operations } from './operations.ts'

/** The part of a client's options that can change while it runs. */
export interface HttpClientPolicy extends Policy {
  /**
   * Whether identical GET and HEAD calls that are under way at the same time are made once. Each caller keeps its own deadline,
   * signal and fallback.
   *
   * @defaultValue false
   */
  readonly deduplicate?: boolean
  /**
   * Time in milliseconds to make a connection.
   *
   * @range 1 to 600,000
   * @defaultValue 250 — below the one second after which a lost SYN is sent again; 2,000 in `external` and `batch`
   */
  readonly connectTimeoutMs?: number
  /**
   * Choice among the addresses of the target and ejection of those that fail; `false` leaves the address to each new connection.
   *
   * @defaultValue {@link endpointDefaults}; false in `external`: public names answer with other addresses each time, and following them
   * would give up connections for nothing
   */
  readonly endpoints?: EndpointPolicy | false
  /**
   * Age in milliseconds, ± 20 %, at which a connection is given up for a new one, so that replicas that came later get
   * their share; `false` for none.
   *
   * @range 100 to 86,400,000
   * @defaultValue 60,000 — a new replica behind one address has 80 % of its share in 40 s, with 300 s in 247 s (simulated 2026-11); 300,000 in `external`
   */
  readonly connectionMaxAgeMs?: number | false
  /**
   * Connections to one address at most.
   *
   * @range whole number, 1 to 10,000
   * @defaultValue 64
   */
  readonly maxConnections?: number
  /**
   * Time in milliseconds that an idle connection is kept.
   *
   * @range 1 to 600,000
   * @defaultValue 30,000 — below the 65 s for which a keelson server keeps it, so that the client is the one to close
   */
  readonly keepAliveMs?: number
  /**
   * Largest body of an answer in bytes.
   *
   * @range whole number, 1 to 1,073,741,824
   * @defaultValue 10,485,760
   */
  readonly maxResponseBytes?: number
}

/** Options of `createHttpClient`: the policy of the calls, and the connections that they go over. */
export interface HttpClientOptions<Declared extends Operations = Operations> extends HttpClientPolicy {
  /** Name of the service that calls: sent as `x-client`, part of every published fact. */
  readonly service: string
  /** Name of the dependency: part of every published fact, of errors and of series. */
  readonly dependency: string
  /** Where it is: `http://catalog:8080`, with a base path if need be. */
  readonly target: string
  /** Kind of neighbour; sets the defaults of the policy, of `propagation` and of `connectTimeoutMs`. @defaultValue `internal` */
  readonly profile?: Profile
  /**
   * Whether request id, trace, remaining time, criticality and the name of the service are sent along.
   *
   * @defaultValue true; false in the profile `external`
   */
  readonly propagation?: boolean
  /** Calls that have a name, for `call(name, …)`. */
  readonly operations?: Declared
  /** Fallback of every call that brings none of its own. What it gives passes through `response`, as the type of the call promises. */
  readonly fallback?: ClientFallback
  /** Finds the addresses of the target. @defaultValue `createResolver` of `@keelson/core/dns` */
  readonly resolver?: Resolver
  /** @defaultValue the clock of the process */
  readonly clock?: Clock
  /** Source of jitter and span ids, 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number
}

/** The numbers of an HTTP client for which nothing else is said; those of its policy are `profiles` of `@keelson/resilience`. */
export const httpClientDefaults: {
  readonly maxConnections: number
  readonly keepAliveMs: number
  readonly maxResponseBytes: number
  readonly connectTimeoutMs: Readonly<Record<Profile, number>>
  readonly connectionMaxAgeMs: Readonly<Record<Profile, number>>
  readonly endpoints: Readonly<Record<Profile, Required<EndpointPolicy> | false>>
  readonly propagation: Readonly<Record<Profile, boolean>>
} = Object.freeze({
  maxConnections: 64,
  keepAliveMs: 30_000,
  maxResponseBytes: 10 * 1024 * 1024,
  connectTimeoutMs: Object.freeze({ internal: 250, external: 2_000, batch: 2_000 }),
  connectionMaxAgeMs: Object.freeze({ internal: 60_000, external: 300_000, batch: 60_000 }),
  endpoints: Object.freeze({ internal: endpointDefaults, external: false, batch: endpointDefaults }),
  propagation: Object.freeze({ internal: true, external: false, batch: true }),
})

const code = 'KEELSON_CLIENT_OPTIONS_INVALID'
const maxAgeRule = optionRules.number({ min: 100, max: 86_400_000 })

const connectionRules: {
  readonly [Name in Exclude<keyof HttpClientPolicy, keyof Policy>]-?: OptionRule
} = {
  deduplicate: optionRules.boolean,
  connectTimeoutMs: optionRules.number({ min: 1, max: 600_000 }),
  endpoints: optionRules.any,
  connectionMaxAgeMs: (value) => (value === false ? undefined : maxAgeRule(value)),
  maxConnections: optionRules.number({ min: 1, max: 10_000, integer: true }),
  keepAliveMs: optionRules.number({ min: 1, max: 600_000 }),
  maxResponseBytes: optionRules.number({ min: 1, max: 2 ** 30, integer: true }),
}

/** Checked by the pipeline. */
const layerRules: { readonly [Name in keyof Required<Policy>]: OptionRule } = {
  timeoutMs: optionRules.any,
  attemptTimeoutMs: optionRules.any,
  bulkhead: optionRules.any,
  retry: optionRules.any,
  breaker: optionRules.any,
  hedge: optionRules.any,
}

/**
 * Checks what a client can be given while it runs, and does nothing else.
 *
 * @param profile gives what the policy leaves out
 * @throws KEELSON_CLIENT_OPTIONS_INVALID, KEELSON_RESILIENCE_OPTIONS_INVALID; `details.path` names the number
 */
export function checkClientPolicy(policy: HttpClientPolicy, profile: Profile = 'internal'): void {
  checkOptions(code, 'createHttpClient', policy, { ...connectionRules, ...layerRules })
  checkPolicy(profile, layersOf(policy))
  const { endpoints } = policy
  if (endpoints !== undefined && endpoints !== false)
    checkEndpointPolicy({ ...endpointDefaults, ...endpoints })
}

/**
 * Checks the options of a client, those of its layers excepted: the pipeline checks them.
 *
 * @returns the target as a URL
 * @throws KEELSON_CLIENT_OPTIONS_INVALID
 */
export function checkClientOptions(options: HttpClientOptions): URL {
  checkOptions(code, 'createHttpClient', options, {
    service: tokenRule,
    dependency: optionRules.string,
    target: optionRules.string,
    profile: optionRules.oneOf('internal', 'external', 'batch'),
    propagation: optionRules.boolean,
    fallback: optionRules.function,
    operations: optionRules.object,
    ...connectionRules,
    resolver: optionRules.object,
    clock: optionRules.object,
    random: optionRules.function,
    ...layerRules,
  })
  checkOperations(options.operations ?? {})
  const url = URL.canParse(options.target) ? new URL(options.target) : undefined
  const plain = url?.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || !plain) {
    throw new KeelsonError(
      code,
      'createHttpClient.target is not usable. It takes an http or https URL without credentials, query and fragment.',
      { details: { path: 'createHttpClient.target' } },
    )
  }
  return url
}

/** The numbers of the connections, defaults filled in. */
export function transportSettings(options: HttpClientPolicy, profile: Profile): TransportSettings {
  const { connectTimeoutMs, connectionMaxAgeMs, maxConnections, keepAliveMs, maxResponseBytes } = options
  return {
    connectTimeoutMs: connectTimeoutMs ?? httpClientDefaults.connectTimeoutMs[profile],
    connectionMaxAgeMs:
      connectionMaxAgeMs === false
        ? 0
        : (connectionMaxAgeMs ?? httpClientDefaults.connectionMaxAgeMs[profile]),
    maxConnections: maxConnections ?? httpClientDefaults.maxConnections,
    keepAliveMs: keepAliveMs ?? httpClientDefaults.keepAliveMs,
    maxResponseBytes: maxResponseBytes ?? httpClientDefaults.maxResponseBytes,
  }
}

/** What {@link transportSettings} gives; a `connectionMaxAgeMs` of 0 is none. */
export interface TransportSettings {
  readonly connectTimeoutMs: number
  readonly connectionMaxAgeMs: number
  readonly maxConnections: number
  readonly keepAliveMs: number
  readonly maxResponseBytes: number
}

/** The part of a policy that is the pipeline's. */
export function layersOf(policy: HttpClientPolicy): Policy {
  // The rules are named after the fields of `Policy`, and after nothing else.
  const names = Object.keys(layerRules) as (keyof Policy)[]
  return Object.fromEntries(
    names.filter((name) => policy[name] !== undefined).map((name) => [name, policy[name]]),
  )
}

/** The part of a policy that is the balancer's. */
export function balancerPolicyOf(
  { endpoints, attemptTimeoutMs }: HttpClientPolicy,
  profile: Profile,
): EndpointPolicy & Pick<BalancerOptions, 'penaltyMs'> {
  const limitMs = attemptTimeoutMs ?? profiles[profile].attemptTimeoutMs
  return { ...(endpoints === false ? {} : endpoints), ...(limitMs === false ? {} : { penaltyMs: limitMs }) }
}

/** The name goes into a header. */
function tokenRule(value: unknown): ReturnType<OptionRule> {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
    ? undefined
    : 'a name of printable ASCII without spaces'
}
