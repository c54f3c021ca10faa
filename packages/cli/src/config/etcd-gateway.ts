import { readFileSync } from 'node:fs'
import { request as requestBare } from 'node:http'
import { request as requestSecure } from 'node:https'
import { KeelsonError } from '@keelson/core/errors'

/** Where etcd is, and who asks. */
export interface GatewayOptions {
  /** One is used after the other until one answers. */
  readonly endpoints: readonly string[]
  readonly user: string | undefined
  readonly password: string | undefined
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  readonly signal: AbortSignal
}

/** Writes to etcd over its JSON gateway, so that the command needs no client for it. */
export interface EtcdGateway {
  /**
   * Writes all keys in one transaction.
   *
   * @param ttlSeconds after which etcd deletes them; `undefined`: never
   * @returns the revision
   */
  put(values: ReadonlyMap<string, string>, ttlSeconds: number | undefined): Promise<string>
}

/** Longest wait for one answer, in milliseconds; as that of the service's own source. */
const callTimeoutMs = 2_000

/**
 * Makes an {@link EtcdGateway}. Nothing is asked yet.
 *
 * @throws KeelsonError by its calls: `KEELSON_CLI_ETCD_UNREACHABLE`, `KEELSON_CLI_ETCD_REFUSED`
 */
export function createEtcdGateway(options: GatewayOptions): EtcdGateway {
  const tls = {
    ...(options.caFile === undefined ? {} : { ca: readFileSync(options.caFile) }),
    ...(options.certFile === undefined ? {} : { cert: readFileSync(options.certFile) }),
    ...(options.keyFile === undefined ? {} : { key: readFileSync(options.keyFile) }),
  }
  let token: string | undefined

  async function call(path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
    const failures: unknown[] = []
    for (const endpoint of options.endpoints) {
      try {
        return await post(`${endpoint}${path}`, body, { tls, token, signal: options.signal })
      } catch (error) {
        if (error instanceof KeelsonError || options.signal.aborted) throw error
        failures.push(`${endpoint}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    throw new KeelsonError('KEELSON_CLI_ETCD_UNREACHABLE', `etcd does not answer. ${failures.join('; ')}`)
  }

  return {
    async put(values, ttlSeconds) {
      if (options.user !== undefined && token === undefined) {
        const answer = await call('/v3/auth/authenticate', {
          name: options.user,
          password: options.password ?? '',
        })
        token = String(answer['token'])
      }
      const lease =
        ttlSeconds === undefined ? undefined : await call('/v3/lease/grant', { TTL: String(ttlSeconds) })
      const { header } = await call('/v3/kv/txn', {
        success: [...values].map(([key, value]) => ({
          requestPut: {
            key: base64(key),
            value: base64(value),
            ...(lease === undefined ? {} : { lease: lease['ID'] }),
          },
        })),
      })
      return (header as { revision: string }).revision // every answer of etcd has a header with it
    },
  }
}

interface CallOptions {
  readonly tls: Readonly<Record<string, Buffer>>
  readonly token: string | undefined
  readonly signal: AbortSignal
}

async function post(
  url: string,
  body: unknown,
  { tls, token, signal }: CallOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await new Promise<string>((resolve, reject) => {
    const request = url.startsWith('https:') ? requestSecure : requestBare
    const outgoing = request(
      url,
      {
        method: 'POST',
        ...tls,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: token }),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(callTimeoutMs)]),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString()
          if (response.statusCode === 200) resolve(answer)
          else reject(refused(answer))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(body))
  })
  return JSON.parse(text) as Readonly<Record<string, unknown>> // the gateway answers 200 with an object
}

function refused(answer: string): KeelsonError {
  const message = /"(?:error|message)":\s*"([^"]*)"/.exec(answer)?.[1] ?? answer.slice(0, 200)
  return new KeelsonError('KEELSON_CLI_ETCD_REFUSED', `etcd refuses: ${message}.`)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
