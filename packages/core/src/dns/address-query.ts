import { lookup as systemLookup, promises } from 'node:dns'

/** One address of a name. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** What a name server said. */
export interface AddressAnswer {
  /** At least one. */
  readonly addresses: readonly ResolvedAddress[]
  /** How long they may be kept, in milliseconds, as the name server sees it. */
  readonly ttlMs: number
}

/**
 * Asks for the addresses of one absolute name.
 *
 * @returns `undefined` when the name does not exist or has no address; rejects when nobody could be asked
 */
export type AddressQuery = (name: string) => Promise<AddressAnswer | undefined>

/** Options of {@link nameServerQuery}. */
export interface NameServerOptions {
  /** Name servers as `address` or `address:port`; those of the system when left out. */
  readonly servers: readonly string[] | undefined
  /** Kind of address that is asked for. */
  readonly family: 4 | 6
}

/** Time in milliseconds that a name server has for its answer; the second try has twice that (c-ares). Its own default is 5,000. */
const queryTimeoutMs = 500

/** Tries per name server. With 500 ms a silent server costs 1.5 s, where `dns.lookup` takes 20.1 s (2026-11). */
const queryTries = 2

/**
 * Asks name servers through c-ares, without search list, hosts file and thread pool: `dns.lookup` serves 2 names at a time
 * (20 lookups of 100 ms took 1,070 ms, 2026-11).
 */
export function nameServerQuery({ servers, family }: NameServerOptions): AddressQuery {
  const resolver = new promises.Resolver({ timeout: queryTimeoutMs, tries: queryTries })
  if (servers !== undefined) resolver.setServers(servers)
  return async (name) => {
    try {
      const records =
        family === 4
          ? await resolver.resolve4(name, { ttl: true })
          : await resolver.resolve6(name, { ttl: true })
      if (records.length === 0) return undefined
      return {
        addresses: records.map(({ address }) => ({ address, family })),
        ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
      }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
}

/** Asks the system, which reads the hosts file and knows the names of other machines' tools; its answers carry no time to live. */
export function systemQuery(): AddressQuery {
  return (name) =>
    new Promise((resolve, reject) => {
      systemLookup(name, { all: true }, (error, found) => {
        if (error !== null) {
          if (isNotFound(error)) resolve(undefined)
          else reject(error)
          return
        }
        // `family` is 4 or 6 in every answer of `dns.lookup`.
        resolve({ addresses: found as readonly ResolvedAddress[], ttlMs: 0 })
      })
    })
}

/** NXDOMAIN and an answer without addresses; also an empty or overlong name, which no name server is asked for. */
function isNotFound(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME'
}
