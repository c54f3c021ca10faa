import { KeelsonError } from '@keelson/core/errors'
import { Etcd3, EtcdAuthenticationFailedError, EtcdPermissionDeniedError, type IOptions, Range } from 'etcd3'
import type { EtcdEntry } from './key-space.ts'

/** How one endpoint is reached. */
export interface ConnectionOptions {
  /** `http://host:port` or `https://host:port` */
  readonly endpoint: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** Longest wait for one answer, in milliseconds. */
  readonly callTimeoutMs: number
  /** For `https` endpoints. */
  readonly credentials?: EtcdCredentials | undefined
}

/** Contents of PEM files. */
export interface EtcdCredentials {
  /** `undefined`: the authorities that Node trusts. */
  readonly ca: Buffer | undefined
  readonly certificate: Buffer | undefined
  readonly key: Buffer | undefined
}

/** What etcd holds under some prefixes, all at one revision. */
export interface EtcdReading {
  /** etcd's revision at the moment of reading. */
  readonly revision: string
  /** One list for each prefix, in their order; `undefined` where the user may not read it. */
  readonly ranges: readonly (readonly EtcdEntry[] | undefined)[]
}

/** What a watch tells. Nothing is told after `close`. */
export interface WatchListener {
  /** etcd follows all prefixes. */
  ready(): void
  /** Something under the prefixes was changed by this revision. */
  changed(revision: string): void
  /** The watch is over and will not come back. */
  ended(error: KeelsonError): void
}

/** A client for one endpoint, used until its first trouble and then thrown away. */
export interface EtcdConnection {
  readonly endpoint: string
  /** @param agreement `majority`, the default: the newest state. `member`: what this member holds, newest or not. */
  read(prefixes: readonly string[], agreement?: 'majority' | 'member'): Promise<EtcdReading>
  /** @param afterRevision the first change of interest is the one after this */
  watch(prefixes: readonly string[], afterRevision: string, listener: WatchListener): void
  /** Cancels the watch and closes the client, so that nothing of them keeps the process alive. */
  close(): void
}

/**
 * Opens a connection. The client's own watcher is not used, only its stream: the watcher loses events when a link
 * flaps, dies silently on a compaction, and does not let the process end (microsoft/etcd3, measured with 1.1.2).
 * Nor are its retries, which multiply every deadline by three.
 */
export function connectEtcd(options: ConnectionOptions): EtcdConnection {
  const { endpoint } = options
  const client = new Etcd3(clientOptions(options))
  let cancelWatch: (() => void) | undefined
  let closed = false
  return {
    endpoint,
    async read(prefixes, agreement = 'majority') {
      const serializable = agreement === 'member'
      try {
        return await readAtOnce(client, prefixes, serializable)
      } catch (error) {
        if (!(error instanceof EtcdPermissionDeniedError)) throw etcdError(error, endpoint)
      }
      // One prefix that may not be read fails the whole transaction; then each is asked for alone.
      const readings = await Promise.all(
        prefixes.map((prefix) => readAlone(client, prefix, serializable, endpoint)),
      )
      const revisions = readings.flatMap((reading) => reading?.revision ?? [])
      const ranges = readings.map((reading) => reading?.ranges[0])
      // The earliest: a change between two of the reads must not fall before the watch.
      return { revision: revisions.toSorted(compareRevisions)[0] ?? '0', ranges }
    },
    watch(prefixes, afterRevision, listener) {
      const startRevision = (BigInt(afterRevision) + 1n).toString()
      let over = false
      const end = (error: unknown) => {
        if (over) return
        over = true
        cancelWatch?.()
        if (!closed) listener.ended(etcdError(error, endpoint))
      }
      const begin = async () => {
        const stream = await client.watchClient.watch()
        cancelWatch = () => {
          over = true
          stream.cancel()
        }
        let createdCount = 0
        stream.on('data', (response) => {
          if (over) return
          if (response.canceled) {
            const compacted = response.compact_revision !== '0' ? ' (the revision is compacted)' : ''
            end(new Error(`the watch was cancelled: ${response.cancel_reason}${compacted}`))
          } else if (response.created) {
            createdCount++
            if (createdCount === prefixes.length) listener.ready()
          } else if (response.events.length > 0) {
            listener.changed(response.header.revision)
          }
        })
        // Stays after the end: a cancelled stream still emits one error.
        stream.on('error', end)
        stream.on('end', () => end(new Error('the watch stream ended')))
        if (closed) {
          stream.cancel()
          return
        }
        for (const prefix of prefixes) {
          stream.write({ create_request: { ...rangeOf(prefix), start_revision: startRevision } })
        }
      }
      begin().catch(end)
    },
    close() {
      if (closed) return
      closed = true
      cancelWatch?.()
      client.close()
    },
  }
}

/** Tells the larger of two revisions, which are decimal numbers of up to 19 digits. */
export function compareRevisions(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

// A peer that froze is noticed after 15 s. etcd closes connections that ping more often than every 5 s.
const keepalive = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
}

// etcd's client refuses more than 4 MiB by default, with an error that names neither key nor limit.
const maxReceiveBytes = 16 * 1024 * 1024

/** Runs a call once. The client takes any object of this shape for a policy of its retry library. */
const once = {
  execute: async <T>(call: (context: { signal: AbortSignal }) => PromiseLike<T> | T): Promise<T> =>
    call({ signal: new AbortController().signal }),
} as unknown as NonNullable<NonNullable<IOptions['faultHandling']>['global']> // only `execute` is ever called

function clientOptions(options: ConnectionOptions): IOptions {
  const { endpoint, username, password, callTimeoutMs, credentials } = options
  return {
    hosts: [endpoint],
    ...(credentials === undefined ? {} : { credentials: clientCredentials(credentials) }),
    ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
    grpcOptions: { ...keepalive, 'grpc.max_receive_message_length': maxReceiveBytes },
    // gRPC compares the deadline with the real time, whatever clock the rest runs on.
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + callTimeoutMs }),
    faultHandling: { global: once, host: () => once },
  }
}

/** The client takes the three as they are; without an authority gRPC trusts those of Node. */
function clientCredentials({ ca, certificate, key }: EtcdCredentials): NonNullable<IOptions['credentials']> {
  // Its type wants an authority, which gRPC does not need.
  return { rootCertificate: ca, certChain: certificate, privateKey: key } as unknown as NonNullable<
    IOptions['credentials']
  >
}

function rangeOf(prefix: string): { key: Buffer; range_end: Buffer } {
  const { start, end } = Range.prefix(prefix)
  return { key: start, range_end: end }
}

/** All prefixes in one transaction, so that a transaction over both is never seen in half. */
async function readAtOnce(
  client: Etcd3,
  prefixes: readonly string[],
  serializable: boolean,
): Promise<EtcdReading> {
  const { header, responses } = await client.kv.txn({
    success: prefixes.map((prefix) => ({ request_range: { ...rangeOf(prefix), serializable } })),
  })
  return {
    revision: header.revision,
    ranges: responses.map(({ response_range }) =>
      response_range.kvs.map(({ key, value, mod_revision }) => ({
        key: key.toString('utf8'),
        text: value.toString('utf8'),
        modRevision: mod_revision,
      })),
    ),
  }
}

async function readAlone(
  client: Etcd3,
  prefix: string,
  serializable: boolean,
  endpoint: string,
): Promise<EtcdReading | undefined> {
  try {
    return await readAtOnce(client, [prefix], serializable)
  } catch (error) {
    if (error instanceof EtcdPermissionDeniedError) return undefined
    throw etcdError(error, endpoint)
  }
}

/** Every error of etcd3 and gRPC comes out as one of ours, with the original as cause. */
function etcdError(error: unknown, endpoint: string): KeelsonError {
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof EtcdAuthenticationFailedError) {
    return accessDenied(`etcd at ${endpoint} does not accept the user and password.`, 'authentication', error)
  }
  if (error instanceof EtcdPermissionDeniedError) {
    return accessDenied(`etcd at ${endpoint} denies the permission to read.`, 'permission', error)
  }
  const [reason, problem] = reasonOf(text, endpoint)
  return new KeelsonError('KEELSON_ETCD_UNAVAILABLE', `etcd at ${endpoint} ${problem}.`, {
    cause: error,
    retryable: true,
    details: { endpoint, reason },
  })
}

function accessDenied(message: string, reason: string, cause: unknown): KeelsonError {
  return new KeelsonError('KEELSON_ETCD_ACCESS_DENIED', message, { cause, details: { reason } })
}

/** gRPC tells these apart in its text only; wording of @grpc/grpc-js 1.14 and OpenSSL 3, each seen in tls.int.test.ts. */
function reasonOf(text: string, endpoint: string): readonly [reason: string, problem: string] {
  if (/ECONNREFUSED/.test(text)) return ['refused', 'refuses the connection: nothing listens there']
  if (/ENOTFOUND|EAI_AGAIN|Name resolution/.test(text))
    return ['dns', 'has a host name that does not resolve']
  const known = endpoint.startsWith('https:') ? tlsReason(text) : undefined
  if (known !== undefined) return known
  if (/deadline/i.test(text)) return ['timeout', 'does not answer in time']
  if (/Failed to connect/.test(text)) {
    return ['closed', 'takes the connection and closes it at once: perhaps the endpoint should be https']
  }
  return ['other', `fails: ${text}`]
}

function tlsReason(text: string): readonly [reason: string, problem: string] | undefined {
  // etcd closes right after its alert; where the end of the connection overtakes the alert, only that is seen.
  if (
    /alert (bad certificate|certificate required|unknown ca|certificate expired)|Failed to connect|ECONNRESET/i.test(
      text,
    )
  ) {
    return [
      'tls-client',
      'refuses the certificate of this service, or its absence: look at certFile and keyFile',
    ]
  }
  if (/unable to (verify|get)|self.signed/i.test(text)) {
    return ['tls-authority', 'shows a certificate of an authority that is not trusted: look at caFile']
  }
  if (/altnames/i.test(text)) {
    return ['tls-name', 'shows a certificate for another host name: look at the host of the endpoint']
  }
  if (/before secure TLS|wrong version number/i.test(text)) {
    return ['tls-scheme', 'does not speak TLS: perhaps the endpoint should be http']
  }
  if (/certificate|TLS|SSL|EPROTO|PEM|key values/i.test(text)) return ['tls', `fails in TLS: ${text}`]
  return undefined
}
