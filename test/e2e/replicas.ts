import type { Resolver } from '@keelson/core/dns'
import { subscribe } from '@keelson/core/channels'
import { isKeelsonError } from '@keelson/core/errors'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '@keelson/http-client'
import { startProcess, type TestProcess } from '@keelson/testing'

/** A replica of a service, in a process of its own, on an address of its own. */
export interface Replica {
  readonly address: string
  readonly process: TestProcess
}

/** Calls to several replicas, and what came of them. */
export interface CallResults {
  readonly callCount: number
  readonly successRatio: number
  /** Attempts per call. */
  readonly amplification: number
  readonly attemptCount: number
  /** 99th percentile of the durations of the calls, in milliseconds. */
  readonly p99Ms: number
  /** Calls that each address answered. */
  readonly answers: ReadonlyMap<string, number>
  /** Calls that failed, by the code of their error. */
  readonly failures: Readonly<Record<string, number>>
}

const program = `${import.meta.dirname}/services/replica.ts`

/** Starts replicas on 127.0.0.11, .12, … that share one port, as pods do. */
export async function startReplicas(count: number, port: number): Promise<readonly Replica[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const address = `127.0.0.${11 + index}`
      const process = startProcess({
        command: [globalThis.process.execPath, program],
        env: { REPLICA_HOST: address, REPLICA_PORT: String(port) },
      })
      await process.line((line) => line.startsWith('listening'), 'the port')
      return { address, process }
    }),
  )
}

/** A name server's answer that a test sets. */
export class FixedResolver implements Resolver {
  addresses: readonly string[]

  constructor(addresses: readonly string[]) {
    this.addresses = addresses
  }

  resolve(): ReturnType<Resolver['resolve']> {
    return Promise.resolve(this.addresses.map((address) => ({ address, family: 4 as const })))
  }

  readonly lookup: Resolver['lookup'] = (_hostname, { all }, callback) => {
    const [first = ''] = this.addresses
    if (all === true) callback(null, [{ address: first, family: 4 }])
    else callback(null, first, 4)
  }
}

/** A client of the replicas behind a resolver. */
export function clientOf(
  resolver: Resolver,
  port: number,
  options: Partial<HttpClientOptions> = {},
): HttpClient {
  return createHttpClient({
    service: 'delivery',
    dependency: 'catalog',
    target: `http://catalog.prod:${port}`,
    resolver,
    ...options,
  })
}

/**
 * Makes calls at a steady rate, whatever becomes of them, and waits for the last one.
 *
 * @param ratePerSecond calls per second
 */
export async function callSteadily(
  client: HttpClient,
  ratePerSecond: number,
  durationMs: number,
): Promise<CallResults> {
  const durations: number[] = []
  const answers = new Map<string, number>()
  const failures: Record<string, number> = {}
  let successCount = 0
  let attemptCount = 0
  const end = subscribe('keelson.client.attempt', () => (attemptCount += 1))
  const calls: Promise<void>[] = []
  const startedAt = performance.now()
  for (let index = 0; index < (ratePerSecond * durationMs) / 1_000; index++) {
    const waitMs = startedAt + (index * 1_000) / ratePerSecond - performance.now()
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
    calls.push(callOnce(client))
  }
  await Promise.all(calls)
  end()
  const sorted = durations.toSorted((a, b) => a - b)
  return {
    callCount: calls.length,
    successRatio: successCount / calls.length,
    amplification: attemptCount / calls.length,
    attemptCount,
    p99Ms: sorted[Math.floor(0.99 * sorted.length)] ?? 0,
    answers,
    failures,
  }

  async function callOnce(target: HttpClient): Promise<void> {
    const begunAt = performance.now()
    try {
      const address = String(await target.get('/work'))
      answers.set(address, (answers.get(address) ?? 0) + 1)
      successCount += 1
    } catch (error) {
      const code = isKeelsonError(error) ? error.code : String(error)
      failures[code] = (failures[code] ?? 0) + 1
    }
    durations.push(performance.now() - begunAt)
  }
}
