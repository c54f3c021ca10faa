import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '@keelson/core/clock'
import type { ResolvedAddress, Resolver } from '@keelson/core/dns'
import { KeelsonError } from '@keelson/core/errors'
import type { Attempt, Balancer, EndpointLease, EndpointState } from '@keelson/resilience'
import type { TransportSettings } from './client-options.ts'
import type { Transport, TransportStats } from './transport.ts'

/** Where connections of one endpoint go. */
export interface EndpointPlace {
  /** Name of the endpoint in states, facts and errors. */
  readonly key: string
  /** Share of the connections that one address may have; the rest belongs to others of the same address. */
  readonly shareRatio: number
  readonly lookup: LookupFunction
}

/** Numbers that connections are made with. */
export type ConnectionSettings = Omit<TransportSettings, 'maxResponseBytes'>

/** What can change while connections are in use. */
export interface ConnectionPolicy {
  readonly settings: ConnectionSettings
  /** Whether the addresses are told apart. */
  readonly separate: boolean
}

/** Options of {@link EndpointSet}. */
export interface EndpointSetOptions extends ConnectionPolicy {
  readonly dependency: string
  readonly hostname: string
  readonly resolver: Resolver
  readonly balancer: Balancer
  readonly clock: Clock
  readonly open: (place: EndpointPlace, settings: ConnectionSettings) => Transport
}

/** An endpoint with its connections, taken for one attempt. */
export interface TakenEndpoint {
  readonly key: string
  readonly transport: Transport
}

/** How often the resolver is asked while calls are made, in milliseconds; it asks name servers far less. */
const checkMs = 1_000

/**
 * Groups of connections to a single address, which usually stands for several replicas: the kernel draws one for each
 * connection (kube-proxy), so that one group alone could lead to one replica only.
 */
const groupCount = 4

/** Failures in a row after which the connections of a group are given up, for the kernel to draw others. */
const renewFailureCount = 2

/** Least time in milliseconds between two renewals of a group: a dependency that is down gains nothing by new connections. */
const renewPauseMs = 1_000

/**
 * The endpoints of one dependency: one for each address of its name, or, when there is only one, a few groups of
 * connections to it. Follows the name while calls are made; what vanishes is drained, not cut.
 */
export class EndpointSet {
  readonly #options: EndpointSetOptions
  #policy: ConnectionPolicy
  readonly #members = new Map<string, Member>()
  readonly #draining = new Set<Promise<void>>()
  #addresses: readonly ResolvedAddress[] = []
  #grouped = false
  #checkAt = -Infinity
  #checking: Promise<void> | undefined

  constructor(options: EndpointSetOptions) {
    this.#options = options
    this.#policy = options
  }

  /** Takes other numbers from now on: connections whose own have changed are replaced, each after what it carries. */
  update(policy: ConnectionPolicy): void {
    const before = this.#policy
    this.#policy = policy
    if (policy.separate !== before.separate) this.#checkAt = -Infinity
    if (isDeepStrictEqual(policy.settings, before.settings) || this.#members.size === 0) return
    const old = new Set(this.#members.values())
    this.#arrange(this.#addresses)
    for (const member of this.#members.values()) if (old.has(member)) this.#replace(member)
  }

  get stats(): TransportStats {
    const sum = { connected: 0, free: 0, pending: 0 }
    for (const { transport } of this.#members.values()) {
      const { connected, free, pending } = transport.stats
      sum.connected += connected
      sum.free += free
      sum.pending += pending
    }
    return sum
  }

  get state(): readonly EndpointState[] {
    return this.#options.balancer.state()
  }

  /**
   * Gives a promise when endpoints must be found first, and sees to it that they are looked for again when it is time.
   *
   * @throws KEELSON_CLIENT_CONNECT_FAILED when no address is known
   */
  ready(): Promise<void> | undefined {
    const now = this.#options.clock.monotonic()
    if (now >= this.#checkAt) this.#checking = this.#check(now)
    return this.#members.size === 0 ? this.#known() : undefined
  }

  /**
   * Takes an endpoint for one attempt, which says itself how it ended. Its request must be sent at once: an endpoint that
   * vanishes takes no new ones.
   *
   * @param tried keys of the endpoints that the call was at
   * @param repeatable whether the call may be made again
   */
  take(attempt: Attempt, tried: readonly string[], repeatable: boolean): TakenEndpoint {
    const lease = this.#options.balancer.pick({ tried, repeatable })
    const member = lease === undefined ? undefined : this.#members.get(lease.key)
    if (lease === undefined || member === undefined) throw new TypeError('There is no endpoint to take.')
    this.#follow(attempt, lease, member)
    return { key: lease.key, transport: member.transport }
  }

  /** Waits for the calls in flight and closes every connection. */
  async close(): Promise<void> {
    // What is being looked up would open connections after this.
    await this.#checking?.catch(() => undefined)
    for (const { transport } of this.#members.values()) this.#drain(transport)
    await Promise.all(this.#draining)
  }

  async #known(): Promise<void> {
    try {
      await this.#checking
    } catch (error) {
      throw unresolvedError(this.#options, error)
    }
  }

  #check(now: number): Promise<void> {
    this.#checkAt = now + checkMs
    const { hostname, resolver } = this.#options
    const { separate } = this.#policy
    const addresses = separate ? resolver.resolve(hostname) : Promise.resolve([])
    const checking = addresses.then((found) => this.#arrange(found))
    // Once there are endpoints, they stay as they are while the name cannot be resolved.
    checking.catch(() => {
      if (this.#members.size === 0) this.#checkAt = -Infinity
    })
    return checking
  }

  #arrange(addresses: readonly ResolvedAddress[]): void {
    this.#addresses = addresses
    const places = this.#places(addresses)
    const keys = places.map(({ key }) => key)
    for (const place of places) this.#members.get(place.key)?.move(place)
    if (keys.length === this.#members.size && keys.every((key) => this.#members.has(key))) return
    for (const [key, { transport }] of this.#members) {
      if (keys.includes(key)) continue
      this.#members.delete(key)
      this.#drain(transport)
    }
    for (const place of places) {
      if (this.#members.has(place.key)) continue
      this.#members.set(place.key, new Member(place, (at) => this.#options.open(at, this.#policy.settings)))
    }
    this.#options.balancer.update(keys, !this.#grouped)
  }

  #places(addresses: readonly ResolvedAddress[]): readonly EndpointPlace[] {
    const { hostname, resolver } = this.#options
    const { separate, settings } = this.#policy
    // `localhost` has an address of each family, which are one place; of a name with several, one family is enough.
    const most = [4, 6]
      .map((family) => addresses.filter((each) => each.family === family))
      .reduce((first, second) => (second.length > first.length ? second : first))
    this.#grouped = most.length < 2
    if (!this.#grouped) {
      const unique = new Map(most.map((address) => [address.address, address]))
      return [...unique].map(([key, address]) => ({ key, shareRatio: 1, lookup: fixedLookup(address) }))
    }
    const { lookup } = resolver
    const count = separate ? Math.min(groupCount, settings.maxConnections) : 1
    if (count === 1) return [{ key: hostname, shareRatio: 1, lookup }]
    return Array.from({ length: count }, (_, index) => ({
      key: `${hostname}#${index + 1}`,
      shareRatio: 1 / count,
      lookup,
    }))
  }

  #follow(attempt: Attempt, lease: EndpointLease, member: Member): void {
    const { answered } = lease
    if (answered !== undefined) {
      attempt.onOutlast(() => {
        if ((attempt.statusCode ?? 0) < 500) answered()
      })
    }
    attempt.onEnd((ended, durationMs) => {
      lease.end(ended, durationMs)
      if (ended.breaker === 'success') member.failuresInARow = 0
      if (ended.breaker !== 'failure' || !this.#grouped) return
      member.failuresInARow += 1
      if (member.failuresInARow >= renewFailureCount) this.#renew(member)
    })
  }

  #renew(member: Member): void {
    const now = this.#options.clock.monotonic()
    if (member.transport.stats.connected === 0 || now < member.renewedAt + renewPauseMs) return
    member.renewedAt = now
    member.failuresInARow = 0
    this.#replace(member)
  }

  #replace(member: Member): void {
    const used = member.transport
    member.renew()
    this.#drain(used)
  }

  #drain(transport: Transport): void {
    const draining = transport
      .close()
      .catch(() => undefined)
      .finally(() => this.#draining.delete(draining))
    this.#draining.add(draining)
  }
}

/** The connections of one endpoint. */
class Member {
  transport: Transport
  failuresInARow = 0
  renewedAt = -Infinity
  readonly #open: (place: EndpointPlace) => Transport
  #place: EndpointPlace

  constructor(place: EndpointPlace, open: (place: EndpointPlace) => Transport) {
    this.#place = place
    this.#open = open
    this.transport = open(place)
  }

  /** Has connections that are made from now on led to a place. */
  move(place: EndpointPlace): void {
    this.#place = place
  }

  renew(): void {
    this.transport = this.#open(this.#place)
  }
}

/** A lookup that knows one address. */
function fixedLookup({ address, family }: ResolvedAddress): LookupFunction {
  return (_hostname, { all }, callback) => {
    if (all === true) callback(null, [{ address, family }] satisfies LookupAddress[])
    else callback(null, address, family)
  }
}

/** The error of a call for which no address is known. */
function unresolvedError({ dependency, hostname }: EndpointSetOptions, cause: unknown): KeelsonError {
  const reason = cause instanceof KeelsonError ? cause.code : 'unknown'
  return new KeelsonError(
    'KEELSON_CLIENT_CONNECT_FAILED',
    `No connection to ${dependency} could be made: the name ${hostname} has no address (${reason}). Check the name, and the DNS.`,
    { cause, retryable: true, statusCode: 502, details: { dependency, reason } },
  )
}
