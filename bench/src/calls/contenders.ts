import { createHttpClient } from '@keelson/http-client'
import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel'
import CircuitBreaker from 'opossum'
import { Agent, type Dispatcher, interceptors, request } from 'undici'

/** A way to call a service that has several addresses. */
export interface Contender {
  readonly name: string
  /** @param addresses where the service is, all on one port */
  readonly open: (addresses: readonly string[], port: number) => Caller
}

/** A client, ready to call. */
export interface Caller {
  /** Makes one call; gives the body of a 200, rejects otherwise. */
  call(): Promise<string>
  close(): Promise<unknown>
}

/** Limit of one attempt in milliseconds, the same for all. */
const attemptTimeoutMs = 1_000

/** keelson and what is usually put around undici, each as its documentation shows it, with the same limit for an attempt. */
export const contenders: readonly Contender[] = [
  { name: 'keelson', open: openKeelson },
  // What the replicas that are well can do: the same load, and nobody calls the bad one.
  { name: 'keelson, told who is bad', open: (addresses, port) => openKeelson(addresses.slice(1), port) },
  { name: 'undici, dns and retry', open: openUndici },
  { name: 'opossum around undici', open: openOpossum },
  { name: 'cockatiel around undici', open: openCockatiel },
]

function openKeelson(addresses: readonly string[], port: number): Caller {
  const found = addresses.map((address) => ({ address, family: 4 as const }))
  const client = createHttpClient({
    service: 'bench',
    dependency: 'replicas',
    target: `http://replicas.bench:${port}`,
    resolver: {
      resolve: () => Promise.resolve(found),
      lookup: (_name, _options, answer) => answer(null, found),
    },
  })
  return { call: async () => String(await client.get('/work')), close: () => client.close() }
}

function openUndici(addresses: readonly string[], port: number): Caller {
  const agent = new Agent({ headersTimeout: attemptTimeoutMs, bodyTimeout: attemptTimeoutMs })
  const dispatcher = agent.compose(dnsOf(addresses), interceptors.retry({ maxRetries: 1, minTimeout: 10 }))
  return { call: () => get(dispatcher, port), close: () => agent.destroy() }
}

function openOpossum(addresses: readonly string[], port: number): Caller {
  const agent = new Agent()
  const dispatcher = agent.compose(dnsOf(addresses))
  const breaker = new CircuitBreaker(() => get(dispatcher, port), {
    timeout: attemptTimeoutMs,
    volumeThreshold: 20,
  })
  return {
    call: () => breaker.fire(),
    close: () => {
      breaker.shutdown()
      return agent.destroy()
    },
  }
}

function openCockatiel(addresses: readonly string[], port: number): Caller {
  const agent = new Agent()
  const dispatcher = agent.compose(dnsOf(addresses))
  const policy = wrap(
    retry(handleAll, { maxAttempts: 1, backoff: new ExponentialBackoff({ initialDelay: 10 }) }),
    circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(20) }),
    timeout(attemptTimeoutMs, TimeoutStrategy.Aggressive),
  )
  return {
    call: () => policy.execute(({ signal }) => get(dispatcher, port, signal)),
    close: () => agent.destroy(),
  }
}

function dnsOf(addresses: readonly string[]): Dispatcher.DispatcherComposeInterceptor {
  const found = addresses.map((address) => ({ address, family: 4 as const, ttl: 30_000 }))
  return interceptors.dns({
    affinity: 4,
    dualStack: false,
    lookup: (_origin, _options, answer) => answer(null, found),
  })
}

async function get(dispatcher: Dispatcher, port: number, signal?: AbortSignal): Promise<string> {
  const { statusCode, body } = await request(`http://replicas.bench:${port}/work`, {
    dispatcher,
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`status ${statusCode}`)
  return text
}
