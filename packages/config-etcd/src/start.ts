import { type Clock, sleep } from '@keelson/core/clock'
import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import type { EtcdConnection, EtcdReading } from './etcd3-adapter.ts'

/** What {@link startEtcd} works with. */
export interface StartOptions {
  /** A client for the next endpoint. */
  readonly connect: () => Promise<EtcdConnection>
  readonly prefixes: readonly string[]
  /** Refuses a reading without the part that must be there. */
  readonly check: (reading: EtcdReading) => EtcdReading
  /** Aborted when the start-up budget is spent. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly endpoints: readonly string[]
}

/** The first reading. */
export interface FirstReading {
  readonly reading: EtcdReading
  /** What it was read over, still open; absent after a reading that is not to be relied on. */
  readonly connection?: EtcdConnection
  /** The endpoint, where the reading is what one member holds without asking the others. */
  readonly staleFrom?: string
}

/** Between two rounds over all endpoints at start: etcd may be starting as well. */
const roundPauseMs = 200

/**
 * Reads for the first time: endpoint after endpoint, round after round, until one answers or the signal aborts. Every
 * member is also asked for what it holds by itself, which it can tell although a majority of members is gone; that is
 * taken when a whole round, or the budget, has brought nothing better.
 *
 * @throws KEELSON_ETCD_UNAVAILABLE with the cause at each endpoint; KEELSON_ETCD_ACCESS_DENIED at once
 */
export async function startEtcd(options: StartOptions): Promise<FirstReading> {
  const { signal, clock, endpoints } = options
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => undefined) // the race below may be over already
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  const failures = new Map<string, unknown>()
  let stale: FirstReading | undefined
  try {
    for (let attempt = 1; !signal.aborted; attempt++) {
      const opening = firstRead(options, (reading, endpoint) => {
        stale ??= { reading, staleFrom: endpoint }
      })
      try {
        return await Promise.race([opening, aborted.promise])
      } catch (error) {
        if (error !== signal.reason) failures.set(endpointOf(error), error)
        // An attempt that is overtaken by the signal may still succeed; nobody wants its connection then.
        else opening.then(({ connection }) => connection?.close()).catch(() => undefined)
        // Another attempt would be answered the same.
        if (isKeelsonError(error, 'KEELSON_ETCD_ACCESS_DENIED')) throw error
      }
      if (attempt % endpoints.length === 0) {
        if (stale !== undefined) return stale
        await Promise.race([sleep(clock, roundPauseMs), aborted.promise]).catch(() => undefined)
      }
    }
    if (stale !== undefined) return stale
    throw unavailable(endpoints, failures)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function firstRead(
  { connect, prefixes, check }: StartOptions,
  onStale: (reading: EtcdReading, endpoint: string) => void,
): Promise<FirstReading> {
  const connection = await connect()
  const own = connection
    .read(prefixes, 'member')
    .then((reading) => onStale(check(reading), connection.endpoint))
    .catch(() => undefined) // the other reading says why
  try {
    return { reading: check(await connection.read(prefixes, 'majority')), connection }
  } catch (error) {
    await own
    connection.close()
    throw error
  }
}

function endpointOf(error: unknown): string {
  const endpoint = isKeelsonError(error) ? error.details?.endpoint : undefined
  return typeof endpoint === 'string' ? endpoint : ''
}

/** One error with what happened last at every endpoint. */
function unavailable(endpoints: readonly string[], failures: ReadonlyMap<string, unknown>): unknown {
  const errors = [...failures.values()]
  if (errors.length === 1) return errors[0]
  const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)))
  const message =
    errors.length === 0 ? `etcd at ${endpoints.join(', ')} does not answer in time.` : reasons.join(' ')
  return new KeelsonError('KEELSON_ETCD_UNAVAILABLE', message, {
    retryable: true,
    details: { reason: errors.length === 0 ? 'timeout' : reasonIn(errors) },
    ...(errors.length === 0 ? {} : { cause: new AggregateError(errors) }),
  })
}

function reasonIn(errors: readonly unknown[]): string {
  const reasons = new Set(errors.map((error) => (isKeelsonError(error) ? error.details?.reason : 'other')))
  const [reason] = reasons
  return reasons.size === 1 && typeof reason === 'string' ? reason : 'several'
}
