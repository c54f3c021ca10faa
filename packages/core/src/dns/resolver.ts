import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { readFileSync } from 'node:fs'
import { channel, type DnsAnswer, type DnsQuery } from '../channels/index.ts'
import { type Clock, systemClock } from '../clock/index.ts'
import { checkOptions, KeelsonError, optionRules } from '../errors/index.ts'
import {
  type AddressAnswer,
  type AddressQuery,
  nameServerQuery,
  type ResolvedAddress,
  systemQuery,
} from './address-query.ts'
import { CachedName, type KeepingTimes } from './cached-name.ts'
import { type ClusterNames, clusterNames } from './cluster-names.ts'
import { hostNamesOf } from './hosts-file.ts'
import { searchDomainsOf } from './resolv-conf.ts'

/** Options of {@link createResolver}. */
export interface ResolverOptions {
  /** Name of the service that asks; part of every published fact. */
  readonly service: string
  /**
   * Name servers, as `address` or `address:port`.
   *
   * @defaultValue those of the system
   */
  readonly servers?: readonly string[]
  /** Kind of address that name servers are asked for. @defaultValue 4 */
  readonly family?: 4 | 6
  /**
   * Least time in milliseconds that an answer is kept, whatever its own time to live.
   *
   * @range 0 to 600,000
   * @defaultValue 5,000 — the time to live that CoreDNS gives to names of the cluster
   */
  readonly minTtlMs?: number
  /**
   * Longest time in milliseconds that an answer is kept, whatever its own time to live.
   *
   * @range `minTtlMs` to 600,000
   * @defaultValue 30,000
   */
  readonly maxTtlMs?: number
  /**
   * Time in milliseconds beyond its end for which an answer is still given while no new one can be had.
   *
   * @range 0 to 86,400,000
   * @defaultValue 300,000
   */
  readonly staleMs?: number
  /**
   * Time in milliseconds for which a name that could not be resolved is not asked for again.
   *
   * @range 0 to 60,000
   * @defaultValue 1,000
   */
  readonly negativeMs?: number
  /** File with the search list. @defaultValue `/etc/resolv.conf` */
  readonly resolvConfPath?: string
  /** File with the names that the system answers itself. @defaultValue `/etc/hosts` */
  readonly hostsPath?: string
  /** Asks name servers. @defaultValue c-ares */
  readonly query?: AddressQuery
  /** Asks the system. @defaultValue `dns.lookup` */
  readonly systemQuery?: AddressQuery
  /** @defaultValue the clock of the process */
  readonly clock?: Clock
}

/** The numbers of a resolver for which nothing else is said. */
export const resolverDefaults: KeepingTimes & { readonly family: 4 | 6 } = Object.freeze({
  family: 4,
  minTtlMs: 5_000,
  maxTtlMs: 30_000,
  staleMs: 300_000,
  negativeMs: 1_000,
})

/** Takes the answer of {@link Resolver.lookup}: a list when `all` was asked for, else one address and its family. */
export type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/** Addresses of names, kept for as long as they are good. */
export interface Resolver {
  /**
   * All addresses of a name, in the order in which they came. Names that the system knows by itself are kept for `minTtlMs`.
   *
   * @throws KEELSON_DNS_NOT_FOUND, KEELSON_DNS_UNAVAILABLE
   */
  resolve(hostname: string): Promise<readonly ResolvedAddress[]>
  /**
   * Stands in for `dns.lookup` in any client that takes a `lookup` (net, http, tls, pg, undici, …). Names of the cluster come
   * out of the cache, beginning with another address each time; everything else goes to `dns.lookup` as it is. Bound to its resolver.
   */
  readonly lookup: (hostname: string, options: LookupOptions, callback: LookupCallback) => void
}

/** Names kept at most: a program that calls whatever address it is told must not fill the memory. */
const maxNameCount = 1_000

/**
 * Makes a resolver. In a Kubernetes pod, which it knows by the search list, names are completed here and asked for once per
 * time to live by the whole process; elsewhere `lookup` is `dns.lookup`. Publishes `keelson.dns.query` and `keelson.dns.answer`.
 *
 * @throws KEELSON_DNS_OPTIONS_INVALID
 * @example
 * import { connect } from 'node:net'
 * const { lookup } = createResolver({ service: 'delivery' })
 * connect({ host: 'postgres.data', port: 5432, lookup })
 */
export function createResolver(options: ResolverOptions): Resolver {
  const settings = { ...resolverDefaults, ...options }
  checkOptions('KEELSON_DNS_OPTIONS_INVALID', 'createResolver', options, {
    service: optionRules.string,
    servers: optionRules.array,
    family: (value) => (value === undefined || value === 4 || value === 6 ? undefined : '4 or 6'),
    minTtlMs: optionRules.number({ min: 0, max: 600_000 }),
    maxTtlMs: optionRules.number({ min: settings.minTtlMs, max: 600_000 }),
    staleMs: optionRules.number({ min: 0, max: 86_400_000 }),
    negativeMs: optionRules.number({ min: 0, max: 60_000 }),
    resolvConfPath: optionRules.string,
    hostsPath: optionRules.string,
    query: optionRules.function,
    systemQuery: optionRules.function,
    clock: optionRules.object,
  })
  return new CachingResolver(settings)
}

const queried = channel('keelson.dns.query')
const answered = channel('keelson.dns.answer')

class CachingResolver implements Resolver {
  readonly lookup: Resolver['lookup'] = (hostname, options, callback) =>
    this.#lookup(hostname, options, callback)
  readonly #service: string
  readonly #family: 4 | 6
  readonly #times: KeepingTimes
  readonly #clock: Clock
  readonly #candidatesOf: ClusterNames
  readonly #askServer: AddressQuery
  readonly #askSystem: AddressQuery
  readonly #names = new Map<string, CachedName>()
  #rotation = 0

  constructor(settings: ResolverOptions & typeof resolverDefaults) {
    const { service, servers, family, clock = systemClock } = settings
    this.#service = service
    this.#family = family
    this.#times = settings
    this.#clock = clock
    const hostNames = hostNamesOf(readIfThere(settings.hostsPath ?? '/etc/hosts'))
    const searchDomains = searchDomainsOf(readIfThere(settings.resolvConfPath ?? '/etc/resolv.conf'))
    this.#candidatesOf = clusterNames(searchDomains, (name) => hostNames.has(name)) ?? (() => undefined)
    this.#askServer = settings.query ?? nameServerQuery({ servers, family })
    this.#askSystem = settings.systemQuery ?? systemQuery()
  }

  resolve(hostname: string): Promise<readonly ResolvedAddress[]> {
    const known = this.#names.get(hostname)
    if (known !== undefined) return known.addresses()
    const [oldest] = this.#names.keys()
    if (oldest !== undefined && this.#names.size >= maxNameCount) this.#names.delete(oldest)
    const added = this.#cachedName(hostname)
    this.#names.set(hostname, added)
    return added.addresses()
  }

  #lookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
    const family = familyOf(options)
    const foreign = this.#candidatesOf(hostname) === undefined || (family !== 0 && family !== this.#family)
    if (foreign) {
      // The overloads of `dns.lookup` tie the callback to `all`; ours takes either form.
      systemLookup(hostname, options, callback)
      return
    }
    void this.#answer(hostname, options.all === true, callback)
  }

  /** Calls back outside of any promise: what a callback throws is not ours to catch. */
  async #answer(hostname: string, all: boolean, callback: LookupCallback): Promise<void> {
    let addresses: readonly ResolvedAddress[]
    try {
      addresses = await this.resolve(hostname)
    } catch (error) {
      process.nextTick(callback, error, '')
      return
    }
    // Cached answers come in one order; without a turn every connection would go to the first address.
    const first = this.#rotation++ % addresses.length
    const turned = [...addresses.slice(first), ...addresses.slice(0, first)]
    if (all) process.nextTick(callback, null, turned)
    else process.nextTick(callback, null, turned[0]?.address, turned[0]?.family)
  }

  #cachedName(hostname: string): CachedName {
    const candidates = this.#candidatesOf(hostname)
    const ask = candidates === undefined ? () => this.#system(hostname) : this.#searcher(hostname, candidates)
    return new CachedName({
      ...this.#times,
      clock: this.#clock,
      ask,
      onAnswer: (from) => this.#publishAnswer(hostname, from),
    })
  }

  /** Asks for the name that answered the last time, else for each that the host name may stand for, at last the system. */
  #searcher(hostname: string, candidates: readonly string[]): () => Promise<AddressAnswer> {
    let found: string | undefined
    return async () => {
      for (const name of found === undefined ? candidates : [found]) {
        const answer = await this.#ask(hostname, name, this.#askServer)
        if (answer === undefined) continue
        found = name
        return answer
      }
      if (found === undefined) return this.#system(hostname)
      found = undefined
      throw notFound(hostname)
    }
  }

  async #system(hostname: string): Promise<AddressAnswer> {
    const answer = await this.#ask(hostname, hostname, this.#askSystem)
    if (answer === undefined) throw notFound(hostname)
    return answer
  }

  async #ask(hostname: string, name: string, query: AddressQuery): Promise<AddressAnswer | undefined> {
    const startedAt = this.#clock.monotonic()
    let result: DnsQuery['result'] = 'failed'
    try {
      const answer = await query(name)
      result = answer === undefined ? 'not-found' : 'answered'
      return answer
    } catch (error) {
      throw unavailable(hostname, error)
    } finally {
      if (queried.hasSubscribers) {
        const durationMs = this.#clock.monotonic() - startedAt
        queried.publish({ service: this.#service, name, result, durationMs })
      }
    }
  }

  #publishAnswer(hostname: string, from: DnsAnswer['from']): void {
    if (answered.hasSubscribers) answered.publish({ service: this.#service, hostname, from })
  }
}

/** A file that is not there says nothing: machines without `resolv.conf` are not in a cluster. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function familyOf({ family }: LookupOptions): number {
  if (family === 'IPv4') return 4
  return family === 'IPv6' ? 6 : (family ?? 0)
}

function notFound(hostname: string): KeelsonError {
  return new KeelsonError(
    'KEELSON_DNS_NOT_FOUND',
    `The name ${hostname} does not exist or has no address. Check its spelling, and that what it names was deployed.`,
    { retryable: true, statusCode: 502, details: { hostname } },
  )
}

function unavailable(hostname: string, cause: unknown): KeelsonError {
  return new KeelsonError(
    'KEELSON_DNS_UNAVAILABLE',
    `No name server answered for ${hostname}, and no earlier answer is left. Look at the DNS of the cluster.`,
    { cause, retryable: true, statusCode: 502, details: { hostname } },
  )
}
