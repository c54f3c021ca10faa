import type { ConfigSource, SourceListener, SourceSnapshot } from '@keelson/config'
import { type Clock, systemClock } from '@keelson/core/clock'
import { checkOptions, KeelsonError, type OptionRule, optionRules } from '@keelson/core/errors'
import { connectEtcd, type EtcdConnection, type EtcdReading } from './etcd3-adapter.ts'
import { followEtcd, type OpenConnection } from './follow.ts'
import { keySpace, type KeySpace, segmentPattern, sourceEntries } from './key-space.ts'
import { startEtcd } from './start.ts'
import { readTlsFiles } from './tls-files.ts'

/** What {@link createEtcdSource} is given. */
export interface EtcdSourceOptions {
  /** `http://host:port` or `https://host:port`, a list or separated by commas. One at a time is used, in random order. */
  readonly endpoints: string | readonly string[]
  /** First segment of every key. */
  readonly org: string
  /** Second segment of every key: the `<env>` of the configuration. */
  readonly env: string
  /** Name of the service, third segment of its own keys. Not `_shared`. */
  readonly service: string
  /** User for etcd's password authentication. @defaultValue none */
  readonly username?: string
  readonly password?: string
  /** Files for TLS, only with `https` endpoints. @defaultValue none: the authorities that Node trusts, no own certificate */
  readonly tls?: EtcdTlsFiles
  /**
   * Refuses `http` endpoints beyond this machine when there is a `username`: the password would be readable on the way.
   *
   * @defaultValue false; `keelson` sets it in production
   */
  readonly securePasswords?: boolean
  /**
   * Whether the service may start without etcd: not with `true`; with `'snapshot'` only from the snapshot file of
   * `createConfig`; with `false` without any of its values too.
   *
   * @defaultValue true
   */
  readonly required?: boolean | 'snapshot'
  /**
   * Longest wait for one answer of etcd, in milliseconds.
   *
   * @range from 100 to 60000
   * @defaultValue 2000 — two attempts fit into the start-up budget of 5 s
   */
  readonly callTimeoutMs?: number
  /**
   * Time between two full reads while nothing is reported, in milliseconds, ± 20 %: etcd has lost watch events around
   * compactions itself (etcd-io/etcd#18089).
   *
   * @range from 1000
   * @defaultValue 60000
   */
  readonly reconcileMs?: number
  /** @defaultValue the real time */
  readonly clock?: Clock
  /** Source of randomness, at least 0 and below 1. @defaultValue Math.random */
  readonly random?: () => number
}

/** Paths of PEM files. They are read at every new connection, so that a renewed certificate needs no restart. */
export interface EtcdTlsFiles {
  /** Authority that signed etcd's certificate. @defaultValue the authorities that Node trusts */
  readonly caFile?: string
  /** Certificate that this service shows to etcd (mutual TLS), with `keyFile`. */
  readonly certFile?: string
  readonly keyFile?: string
}

/** Values of the options of {@link createEtcdSource} that were left out. */
export const etcdSourceDefaults: {
  readonly securePasswords: boolean
  readonly required: boolean | 'snapshot'
  readonly callTimeoutMs: number
  readonly reconcileMs: number
} = Object.freeze({ securePasswords: false, required: true, callTimeoutMs: 2_000, reconcileMs: 60_000 })

/**
 * A source that loads `/<org>/<env>/_shared/` and `/<org>/<env>/<service>/` and follows them. Both prefixes are always
 * read in one transaction, and a watch only says when to read: whatever a watch loses, the next read has it.
 *
 * @throws KEELSON_ETCD_OPTIONS_INVALID; `load` rejects with KEELSON_ETCD_UNAVAILABLE or KEELSON_ETCD_ACCESS_DENIED
 */
export function createEtcdSource(options: EtcdSourceOptions): ConfigSource {
  checkOptions<EtcdSourceOptions>('KEELSON_ETCD_OPTIONS_INVALID', 'createEtcdSource', options, rules)
  checkTls(options)
  const settings = { ...etcdSourceDefaults, clock: systemClock, random: Math.random, ...options }
  const { clock, random, reconcileMs } = settings
  const endpoints = shuffled(endpointList(options.endpoints), random)
  const space = keySpace(options.org, options.env, options.service)
  const prefixes = [space.shared, space.service]
  const stop = new AbortController()
  let kept: OpenConnection | undefined
  let next = 0

  /** A client for the next endpoint, with its files as they are now. */
  async function connect(): Promise<EtcdConnection> {
    const endpoint = endpoints[next++ % endpoints.length] ?? '' // the list is not empty: the rules say so
    const { username, password, callTimeoutMs, tls = {} } = settings
    const credentials = endpoint.startsWith('https:') ? await readTlsFiles(endpoint, tls) : undefined
    return connectEtcd({ endpoint, username, password, callTimeoutMs, credentials })
  }

  /** One attempt at the next endpoint. The connection that it gives is the caller's to close. */
  async function open(): Promise<OpenConnection> {
    const connection = await connect()
    try {
      return { connection, reading: readable(await connection.read(prefixes), space) }
    } catch (error) {
      connection.close()
      throw error
    }
  }

  return {
    name: 'etcd',
    required: settings.required,
    async load(signal) {
      const first = await startEtcd({
        connect,
        prefixes,
        check: (reading) => readable(reading, space),
        signal: AbortSignal.any([signal, stop.signal]),
        clock,
        endpoints,
      })
      kept = first.connection && { connection: first.connection, reading: first.reading }
      return snapshotOf(first.reading, space, first.staleFrom)
    },
    watch(listener: SourceListener) {
      const start = kept
      kept = undefined
      void followEtcd({
        start,
        open,
        check: (reading) => readable(reading, space),
        prefixes,
        signal: stop.signal,
        clock,
        random,
        reconcileMs,
        onReading: (reading) => listener.changed(snapshotOf(reading, space)),
        onReachable: (up) => listener.reachable(up),
      })
    },
    async close() {
      stop.abort(new Error('the source is closed'))
      kept?.connection.close()
      kept = undefined
    },
  }
}

const segment: OptionRule = (value) =>
  typeof value === 'string' && segmentPattern.test(value) ? undefined : 'letters, digits, dots, - and _'

const rules: { readonly [Name in keyof Required<EtcdSourceOptions>]: OptionRule } = {
  endpoints: (value) => {
    const list = Array.isArray(value) || typeof value === 'string' ? endpointList(value) : []
    return list.length > 0 && list.every((endpoint) => /^https?:\/\/[^\s/@]+:\d+$/.test(endpoint))
      ? undefined
      : 'http://host:port or https://host:port, without user or path; several in a list or separated by commas'
  },
  org: segment,
  env: segment,
  service: (value) => (value === '_shared' ? 'any name but _shared' : segment(value)),
  username: optionRules.string,
  password: optionRules.string,
  tls: (value) =>
    value === undefined || (typeof value === 'object' && value !== null)
      ? undefined
      : 'an object with caFile, certFile and keyFile',
  securePasswords: optionRules.boolean,
  required: (value) =>
    value === undefined || typeof value === 'boolean' || value === 'snapshot'
      ? undefined
      : "true, false or 'snapshot'",
  callTimeoutMs: optionRules.number({ min: 100, max: 60_000 }),
  reconcileMs: optionRules.number({ min: 1_000 }),
  clock: optionRules.object,
  random: optionRules.function,
}

/** What contradicts itself across options: a password meant for TLS must not go over a bare connection by mistake. */
function checkTls({ endpoints, tls, username, securePasswords }: EtcdSourceOptions): void {
  const secureCount = endpointList(endpoints).filter((endpoint) => endpoint.startsWith('https:')).length
  if (secureCount > 0 && secureCount < endpointList(endpoints).length) {
    throw contradiction('endpoints must be all https or all http.')
  }
  const isBare = endpointList(endpoints).some(
    (endpoint) => endpoint.startsWith('http:') && !isLoopback(endpoint),
  )
  if (securePasswords === true && username !== undefined && isBare) {
    throw contradiction('the password would go over http; use https endpoints.')
  }
  if (tls === undefined) return
  checkOptions<EtcdTlsFiles>('KEELSON_ETCD_OPTIONS_INVALID', 'tls of createEtcdSource', tls, {
    caFile: optionRules.string,
    certFile: optionRules.string,
    keyFile: optionRules.string,
  })
  if (secureCount === 0 && Object.values(tls).some((file) => file !== undefined)) {
    throw contradiction('tls has files, but the endpoints are http: write https, or leave tls out.')
  }
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    throw contradiction('tls needs certFile and keyFile together.')
  }
}

function isLoopback(endpoint: string): boolean {
  return /^https?:\/\/(localhost|127\.[\d.]+|\[::1\]):/.test(endpoint)
}

function contradiction(message: string): KeelsonError {
  return new KeelsonError('KEELSON_ETCD_OPTIONS_INVALID', `createEtcdSource: ${message}`)
}

function endpointList(endpoints: string | readonly string[]): readonly string[] {
  const list = typeof endpoints === 'string' ? endpoints.split(',') : endpoints
  return list.map((endpoint) => endpoint.trim().replace(/\/$/, '')).filter((endpoint) => endpoint !== '')
}

/** Fisher-Yates: replicas that start together do not all ask the same member. */
function shuffled(list: readonly string[], random: () => number): readonly string[] {
  const result = [...list]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[result[i], result[j]] = [result[j] ?? '', result[i] ?? ''] // both indexes are inside the list
  }
  return result
}

/** A service must be able to read its own prefix; the shared one may be denied to it. */
function readable(reading: EtcdReading, space: KeySpace): EtcdReading {
  if (reading.ranges[1] !== undefined) return reading
  throw new KeelsonError(
    'KEELSON_ETCD_ACCESS_DENIED',
    `etcd denies the permission to read ${space.service}.`,
    {
      details: { reason: 'permission', prefix: space.service },
    },
  )
}

function snapshotOf(reading: EtcdReading, space: KeySpace, staleFrom?: string): SourceSnapshot {
  const [sharedFound, serviceFound] = reading.ranges
  const shared = sourceEntries(space.shared, sharedFound ?? [])
  const service = sourceEntries(space.service, serviceFound ?? [])
  const warnings = service.strange.map(
    (key) => `etcd ${key} is ignored: a level of a key is letters, digits, - and _.`,
  )
  if (sharedFound === undefined) warnings.push(`etcd denies the permission to read ${space.shared}.`)
  if (staleFrom !== undefined) {
    warnings.push(
      `etcd at ${staleFrom} cannot reach a majority of its members: its values may be behind until it can.`,
    )
  }
  return {
    revision: reading.revision,
    stale: staleFrom !== undefined,
    layers: [
      { entries: shared.entries, unknownKeys: 'ignore' },
      { entries: service.entries, unknownKeys: 'warn' },
    ],
    warnings,
  }
}
