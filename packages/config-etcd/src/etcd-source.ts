import type { ConfigSource, SourceListener, SourceSnapshot } from '@keelson/config'
import { type Clock, sleep, systemClock } from '@keelson/core/clock'
import {
  checkOptions,
  isKeelsonError,
  KeelsonError,
  type OptionRule,
  optionRules,
} from '@keelson/core/errors'
import { connectEtcd, type EtcdReading } from './etcd3-adapter.ts'
import { followEtcd, type OpenConnection } from './follow.ts'
import { keySpace, type KeySpace, segmentPattern, sourceEntries } from './key-space.ts'

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
  /**
   * Whether the service may not start without etcd.
   *
   * @defaultValue true
   */
  readonly required?: boolean
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

/** Values of the options of {@link createEtcdSource} that were left out. */
export const etcdSourceDefaults: {
  readonly required: boolean
  readonly callTimeoutMs: number
  readonly reconcileMs: number
} = Object.freeze({ required: true, callTimeoutMs: 2_000, reconcileMs: 60_000 })

/**
 * A source that loads `/<org>/<env>/_shared/` and `/<org>/<env>/<service>/` and follows them. Both prefixes are always
 * read in one transaction, and a watch only says when to read: whatever a watch loses, the next read has it.
 *
 * @throws KEELSON_ETCD_OPTIONS_INVALID; `load` rejects with KEELSON_ETCD_UNAVAILABLE or KEELSON_ETCD_ACCESS_DENIED
 */
export function createEtcdSource(options: EtcdSourceOptions): ConfigSource {
  checkOptions<EtcdSourceOptions>('KEELSON_ETCD_OPTIONS_INVALID', 'createEtcdSource', options, rules)
  const settings = { ...etcdSourceDefaults, clock: systemClock, random: Math.random, ...options }
  const { clock, random, reconcileMs } = settings
  const endpoints = shuffled(endpointList(options.endpoints), random)
  const space = keySpace(options.org, options.env, options.service)
  const prefixes = [space.shared, space.service]
  const stop = new AbortController()
  let kept: OpenConnection | undefined
  let next = 0

  /** One attempt at the next endpoint. The connection that it gives is the caller's to close. */
  async function open(): Promise<OpenConnection> {
    const endpoint = endpoints[next++ % endpoints.length] ?? '' // the list is not empty: the rules say so
    const connection = connectEtcd({
      endpoint,
      username: settings.username,
      password: settings.password,
      callTimeoutMs: settings.callTimeoutMs,
    })
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
      kept = await openUntil(open, AbortSignal.any([signal, stop.signal]), clock, endpoints)
      return snapshotOf(kept.reading, space)
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
  required: optionRules.boolean,
  callTimeoutMs: optionRules.number({ min: 100, max: 60_000 }),
  reconcileMs: optionRules.number({ min: 1_000 }),
  clock: optionRules.object,
  random: optionRules.function,
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

// Between two rounds over all endpoints at start: etcd may be starting as well.
const roundPauseMs = 200

async function openUntil(
  open: () => Promise<OpenConnection>,
  signal: AbortSignal,
  clock: Clock,
  endpoints: readonly string[],
): Promise<OpenConnection> {
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => undefined) // the race below may be over already
  let last: unknown = new KeelsonError(
    'KEELSON_ETCD_UNAVAILABLE',
    `etcd at ${endpoints.join(', ')} does not answer in time.`,
    { retryable: true, details: { reason: 'timeout' } },
  )
  const onAbort = () => aborted.reject(last)
  signal.addEventListener('abort', onAbort)
  try {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      const opening = open()
      try {
        return await Promise.race([opening, aborted.promise])
      } catch (error) {
        last = error
        // An attempt that is overtaken by the signal may still succeed; nobody wants its connection then.
        opening.then(({ connection }) => connection.close()).catch(() => undefined)
        // Another attempt would be answered the same.
        if (signal.aborted || isKeelsonError(error, 'KEELSON_ETCD_ACCESS_DENIED')) throw error
      }
      if (attempt % endpoints.length === 0) {
        await Promise.race([sleep(clock, roundPauseMs), aborted.promise])
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function snapshotOf(reading: EtcdReading, space: KeySpace): SourceSnapshot {
  const [sharedFound, serviceFound] = reading.ranges
  const shared = sourceEntries(space.shared, sharedFound ?? [])
  const service = sourceEntries(space.service, serviceFound ?? [])
  const warnings = service.strange.map(
    (key) => `etcd ${key} is ignored: a level of a key is letters, digits, - and _.`,
  )
  if (sharedFound === undefined) warnings.push(`etcd denies the permission to read ${space.shared}.`)
  return {
    revision: reading.revision,
    layers: [
      { entries: shared.entries, unknownKeys: 'ignore' },
      { entries: service.entries, unknownKeys: 'warn' },
    ],
    warnings,
  }
}
