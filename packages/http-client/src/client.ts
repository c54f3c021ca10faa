import { channel } from '@keelson/core/channels'
import { type Clock, systemClock } from '@keelson/core/clock'
import { currentContext, type RequestContext } from '@keelson/core/context'
import { createResolver } from '@keelson/core/dns'
import { isKeelsonError, type KeelsonError } from '@keelson/core/errors'
import type { StandardSchema } from '@keelson/core/standard-schema'
import {
  type Attempt,
  type Balancer,
  createBalancer,
  createPipeline,
  type EndpointState,
  type Pipeline,
  type PipelineState,
  profiles,
} from '@keelson/resilience'
import type { Answer, BodyCall, BodyCallOptions, Call, HttpMethod, RequestCall } from './call-types.ts'
import { classifyClientError } from './classification.ts'
import {
  checkClientOptions,
  type HttpClientOptions,
  httpClientDefaults,
  pipelineOptionsOf,
  transportSettings,
} from './client-options.ts'
import { closedError } from './closed-error.ts'
import { EndpointSet } from './endpoint-set.ts'
import { type ClientFetch, readFetch, toResponse } from './fetch-call.ts'
import { expandPath, type PathValue } from './path-template.ts'
import { propagationHeaders } from './propagation.ts'
import { appendQuery } from './query.ts'
import { encodeBody } from './request-body.ts'
import { decodeBody, validateBody } from './response-body.ts'
import { statusError } from './status-error.ts'
import { type EndedCall, translateError } from './translate-error.ts'
import type { Exchange, TransportStats, WireAnswer } from './transport.ts'

/** Gives the body of any failed call of a client. */
export type ClientFallback = (error: KeelsonError, call: FailedCall) => unknown

/** The call that a client's fallback stands in for. */
export interface FailedCall {
  readonly method: HttpMethod
  /** As the caller wrote it, parameters not filled in. */
  readonly path: string
}

/** What a client is doing. */
export interface HttpClientState extends PipelineState {
  readonly target: string
  /** All 0 before the first call. */
  readonly connections: TransportStats
  /** Empty before the first call. Where the name has one address, groups of connections to it. */
  readonly endpoints: readonly EndpointState[]
}

/**
 * Calls one dependency over HTTP. Every method rejects with a KeelsonError: KEELSON_CLIENT_* for what happened to the
 * exchange, KEELSON_RESILIENCE_* when a policy refused the call or its time was over.
 */
export interface HttpClient {
  readonly get: Call
  readonly head: Call
  readonly delete: BodyCall
  readonly post: BodyCall
  readonly put: BodyCall
  readonly patch: BodyCall
  readonly request: RequestCall
  /** Calls in the form of the global `fetch`, for libraries that take one; bound to its client. */
  readonly fetch: ClientFetch
  state(): HttpClientState
  /** Opens the breaker until {@link release}: every call is refused, or answered by its fallback. */
  isolate(): Promise<void>
  /** Ends the isolation. */
  release(): Promise<void>
  /** Refuses further calls, waits for those in flight and closes the connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes the client of one dependency. Publishes `keelson.dependency.declared`, and by its pipeline the facts of each call.
 * undici and opossum are loaded from here on, and not before.
 *
 * @throws KEELSON_CLIENT_OPTIONS_INVALID, KEELSON_RESILIENCE_OPTIONS_INVALID
 * @example
 * const catalog = createHttpClient({ service: 'delivery', dependency: 'catalog', target: 'http://catalog:8080' })
 * const video = await catalog.get('/videos/{id}', { params: { id: 7 } })
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const target = checkClientOptions(options)
  const client = new PipelinedClient(options, target)
  channel('keelson.dependency.declared').publish({
    service: options.service,
    dependency: options.dependency,
  })
  return client
}

/** Options of a call as they are at run time; the types of the methods see to it that they fit. */
type LooseOptions = BodyCallOptions<StandardSchema | undefined, unknown> & {
  readonly params?: Readonly<Record<string, PathValue>>
}

/** A call, ready to be sent any number of times. */
interface PreparedCall {
  readonly method: HttpMethod
  readonly template: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | undefined
  readonly idempotent: boolean
  readonly response: StandardSchema | undefined
  /** Whether the body is left as it came. */
  readonly raw: boolean
  readonly context: RequestContext | undefined
  /** Endpoints that it was at. */
  readonly tried: string[]
  /** The last one begun; says what it was waiting for. */
  exchange: Exchange | undefined
  /** What was answered last, as it came over the wire. */
  answer: WireAnswer | undefined
}

class PipelinedClient implements HttpClient {
  readonly get: Call = this.#bodyOf('GET')
  readonly head: Call = this.#bodyOf('HEAD')
  readonly delete: BodyCall = this.#bodyOf('DELETE')
  readonly post: BodyCall = this.#bodyOf('POST')
  readonly put: BodyCall = this.#bodyOf('PUT')
  readonly patch: BodyCall = this.#bodyOf('PATCH')
  // The signature types what `#call` does with any options.
  readonly request: RequestCall = ((method: HttpMethod, path: string, options?: LooseOptions) =>
    this.#call(method, path, options ?? {})) as RequestCall
  readonly fetch: ClientFetch = (input, init) => this.#fetch(input, init)
  readonly #options: HttpClientOptions
  readonly #target: URL
  readonly #basePath: string
  readonly #propagates: boolean
  readonly #clock: Clock
  readonly #random: () => number
  readonly #pipeline: Pipeline
  readonly #endpointsLoaded: Promise<EndpointSet>
  #endpoints: EndpointSet | undefined
  #closing: Promise<void> | undefined

  constructor(options: HttpClientOptions, target: URL) {
    const { clock = systemClock, random = Math.random, profile = 'internal' } = options
    this.#options = options
    this.#target = target
    this.#basePath = target.pathname.replace(/\/+$/, '')
    this.#propagates = options.propagation ?? httpClientDefaults.propagation[profile]
    this.#clock = clock
    this.#random = random
    this.#pipeline = createPipeline({
      ...pipelineOptionsOf(options),
      clock,
      random,
      classify: classifyClientError,
    })
    this.#endpointsLoaded = this.#openEndpoints(balancerOf(options))
    // A transport that cannot be loaded fails the calls, which wait for it, and not the process.
    this.#endpointsLoaded.catch(() => undefined)
  }

  state(): HttpClientState {
    return {
      ...this.#pipeline.state(),
      target: this.#options.target,
      connections: this.#endpoints?.stats ?? { connected: 0, free: 0, pending: 0 },
      endpoints: this.#endpoints?.state ?? [],
    }
  }

  isolate(): Promise<void> {
    return this.#pipeline.isolate()
  }

  release(): Promise<void> {
    return this.#pipeline.release()
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    await this.#pipeline.close()
    const endpoints = await this.#endpointsLoaded.catch(() => undefined)
    await endpoints?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #bodyOf(method: HttpMethod): BodyCall {
    const call = async (path: string, options?: LooseOptions) =>
      (await this.#call(method, path, options ?? {})).body
    return call as BodyCall // the signature types what `#call` does with any options
  }

  async #openEndpoints(balancer: Balancer): Promise<EndpointSet> {
    const { createUndiciTransport } = await import('./undici-adapter.ts')
    const {
      service,
      dependency,
      profile = 'internal',
      resolver = createResolver({ service }),
    } = this.#options
    const settings = transportSettings(this.#options, profile)
    this.#endpoints = new EndpointSet({
      dependency,
      // The brackets of an IPv6 address belong to the URL.
      hostname: this.#target.hostname.replace(/^\[|\]$/g, ''),
      resolver,
      balancer,
      clock: this.#clock,
      separate: (this.#options.endpoints ?? httpClientDefaults.endpoints[profile]) !== false,
      maxConnections: settings.maxConnections,
      open: ({ key, shareRatio, lookup }) =>
        createUndiciTransport({
          ...settings,
          dependency,
          origin: this.#target.origin,
          endpoint: key,
          lookup,
          maxConnections: Math.ceil(settings.maxConnections * shareRatio),
          connectionMaxAgeMs: settings.connectionMaxAgeMs * (0.8 + 0.4 * this.#random()),
        }),
    })
    return this.#endpoints
  }

  async #fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { dependency } = this.#options
    const { signal, ...wire } = await readFetch(input, init, this.#target, dependency)
    const prepared: PreparedCall = {
      ...wire,
      idempotent: isRepeatable(wire.method, wire.headers),
      response: undefined,
      raw: true,
      context: this.#propagates ? currentContext() : undefined,
      tried: [],
      exchange: undefined,
      answer: undefined,
    }
    try {
      await this.#send(prepared, { signal })
    } catch (error) {
      if (!isKeelsonError(error, 'KEELSON_CLIENT_STATUS')) throw error
    }
    // A call that ends with an answer, wanted or not, has kept it.
    return toResponse(prepared.answer as WireAnswer)
  }

  async #call(method: HttpMethod, path: string, options: LooseOptions): Promise<Answer<unknown>> {
    return this.#send(this.#prepare(method, path, options), options)
  }

  async #send(prepared: PreparedCall, options: LooseOptions): Promise<Answer<unknown>> {
    if (this.#closing !== undefined) throw closedError(this.#options.dependency)
    const { method } = prepared
    const endpoints = this.#endpoints ?? (await this.#endpointsLoaded)
    try {
      return await this.#pipeline.run((attempt) => this.#attempt(endpoints, prepared, attempt), {
        idempotent: prepared.idempotent,
        hedgeable: prepared.idempotent && (method === 'GET' || method === 'HEAD'),
        signal: options.signal,
        timeoutMs: options.timeoutMs,
        // A fallback gives a body; who fetches wants an answer.
        fallback: prepared.raw ? undefined : this.#fallbackOf(prepared, options),
      })
    } catch (error) {
      throw translateError(error, this.#describe(prepared))
    }
  }

  #prepare(method: HttpMethod, template: string, options: LooseOptions): PreparedCall {
    const path = this.#basePath + appendQuery(expandPath(template, options.params), options.query)
    const { bytes, contentType } = encodeBody(options.body)
    const headers: Record<string, string> = {}
    if (contentType !== undefined) headers['content-type'] = contentType
    if (options.response !== undefined) headers['accept'] = 'application/json'
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value
    return {
      method,
      template,
      path,
      headers,
      body: bytes,
      idempotent: options.idempotent ?? isRepeatable(method, headers),
      response: options.response,
      raw: false,
      context: this.#propagates ? currentContext() : undefined,
      tried: [],
      exchange: undefined,
      answer: undefined,
    }
  }

  async #attempt(endpoints: EndpointSet, call: PreparedCall, attempt: Attempt): Promise<Answer<unknown>> {
    const exchange: Exchange = { phase: 'connect', onAbort: (listener) => attempt.onAbort(listener) }
    call.exchange = exchange
    const { method, path, body } = call
    const { dependency } = this.#options
    const found = endpoints.ready()
    if (found !== undefined) await found
    const { key, transport } = endpoints.take(attempt, call.tried, call.idempotent)
    call.tried.push(key)
    const headers = this.#headers(call, attempt)
    const answer = await transport.send({ method, path, headers, body }, exchange)
    call.answer = answer
    attempt.statusCode = answer.status
    if (answer.status >= 300) {
      throw statusError(answer, { dependency, method, path: call.template, nowMs: this.#clock.now() })
    }
    const value = call.raw ? answer.bytes : decodeBody(answer, dependency)
    return {
      status: answer.status,
      headers: answer.headers,
      body: call.response === undefined ? value : await validateBody(call.response, value, dependency),
    }
  }

  #headers(call: PreparedCall, attempt: Attempt): Record<string, string> {
    if (!this.#propagates) return call.headers
    const { context } = call
    const { retry, limitMs } = attempt
    const own = propagationHeaders({
      service: this.#options.service,
      context,
      retry,
      limitMs,
      random: this.#random,
    })
    return Object.assign(own, call.headers)
  }

  #describe({ method, template, exchange }: PreparedCall): EndedCall {
    return {
      dependency: this.#options.dependency,
      method,
      path: template,
      phase: exchange?.phase ?? 'connect',
    }
  }

  /** The fallback of the call, else that of the client. */
  #fallbackOf(call: PreparedCall, options: LooseOptions) {
    const { method, template, response } = call
    const ownFallback = options.fallback
    const clientFallback = this.#options.fallback
    if (ownFallback === undefined && clientFallback === undefined) return undefined
    return async (error: unknown): Promise<Answer<unknown>> => {
      const failure = translateError(error, this.#describe(call))
      // Whatever a part of the project throws is a KeelsonError; anything else is a fault of ours, and no reason to answer.
      if (!isKeelsonError(failure)) throw failure
      if (ownFallback !== undefined) return fallbackAnswer(await ownFallback(failure))
      const value: unknown = await clientFallback?.(failure, { method, path: template })
      if (response === undefined) return fallbackAnswer(value)
      return fallbackAnswer(await validateBody(response, value, this.#options.dependency))
    }
  }
}

const safeMethods: ReadonlySet<HttpMethod> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

function isRepeatable(method: HttpMethod, headers: Readonly<Record<string, string>>): boolean {
  return safeMethods.has(method) || headers['idempotency-key'] !== undefined
}

function fallbackAnswer(body: unknown): Answer<unknown> {
  return { status: 0, headers: {}, body }
}

function balancerOf({ service, dependency, endpoints, ...options }: HttpClientOptions): Balancer {
  const { clock = systemClock, random = Math.random, profile = 'internal', attemptTimeoutMs } = options
  const limitMs = attemptTimeoutMs === undefined ? profiles[profile].attemptTimeoutMs : attemptTimeoutMs
  return createBalancer({
    ...(endpoints === false ? {} : endpoints),
    ...(limitMs === false ? {} : { penaltyMs: limitMs }),
    service,
    dependency,
    clock,
    random,
  })
}
