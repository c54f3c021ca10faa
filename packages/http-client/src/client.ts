import { channel } from '@keelson/core/channels'
import { type Clock, systemClock } from '@keelson/core/clock'
import { currentContext, type SpanIds } from '@keelson/core/context'
import { createResolver } from '@keelson/core/dns'
import { isKeelsonError } from '@keelson/core/errors'
import {
  type Attempt,
  type Balancer,
  createBalancer,
  createPipeline,
  type ForceOptions,
  type Pipeline,
} from '@keelson/resilience'
import type { AnswerSink } from './answer-sink.ts'
import type { Answer, BodyCall, Call, HttpMethod, RequestCall } from './call-types.ts'
import { classifyClientError } from './classification.ts'
import {
  balancerPolicyOf,
  checkClientOptions,
  checkClientPolicy,
  type HttpClientOptions,
  type HttpClientPolicy,
  httpClientDefaults,
  layersOf,
  type TransportSettings,
  transportSettings,
} from './client-options.ts'
import type { HttpClient, HttpClientState } from './client-types.ts'
import { closedError } from './closed-error.ts'
import { type ConnectionPolicy, EndpointSet } from './endpoint-set.ts'
import { checkDispatcherOptions, PipelinedDispatcher } from './dispatcher.ts'
import type { ClientDispatcher, DispatcherOptions } from './dispatcher-types.ts'
import { type ClientFetch, readFetch, toResponse, type WireCall } from './fetch-call.ts'
import { type NoOperations, type OperationCall, type Operations, unknownOperation } from './operations.ts'
import {
  isRead,
  type LooseOptions,
  prepareCall,
  type PreparedCall,
  prepareWireCall,
} from './prepared-call.ts'
import { propagationHeaders } from './propagation.ts'
import { decodeBody, fallbackAnswer, validateBody } from './response-body.ts'
import { statusError } from './status-error.ts'
import { tracedAttempt, type TracedTarget } from './traced-attempt.ts'
import { type EndedCall, translateError } from './translate-error.ts'
import type { Exchange, ExchangePhase, WireAnswer } from './transport.ts'

/**
 * Makes the client of one dependency. Publishes `keelson.dependency.declared`, and by its pipeline the facts of each call.
 * undici and opossum are loaded from here on, and not before.
 *
 * @throws KEELSON_CLIENT_OPTIONS_INVALID, KEELSON_RESILIENCE_OPTIONS_INVALID
 * @example
 * const catalog = createHttpClient({ service: 'delivery', dependency: 'catalog', target: 'http://catalog:8080' })
 * const video = await catalog.get('/videos/{id}', { params: { id: 7 } })
 */
export function createHttpClient<const Declared extends Operations = NoOperations>(
  options: HttpClientOptions<Declared>,
): HttpClient<Declared> {
  const target = checkClientOptions(options)
  const client = new PipelinedClient(options, target)
  channel('keelson.dependency.declared').publish({
    service: options.service,
    dependency: options.dependency,
  })
  return client as unknown as HttpClient<Declared> // `call` looks the names up at run time
}

class PipelinedClient implements HttpClient<Operations> {
  // The signature types what `#operate` does with any options.
  readonly call: OperationCall<Operations> = (name: string, options?: LooseOptions) =>
    this.#operate(name, options ?? {})
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
  readonly #traced: TracedTarget
  readonly #basePath: string
  readonly #propagates: boolean
  readonly #clock: Clock
  readonly #random: () => number
  readonly #pipeline: Pipeline
  readonly #balancer: Balancer
  /** What an attempt that a limit ended was waiting for; its error may be seen by calls that only joined it. */
  readonly #phases = new WeakMap<object, ExchangePhase>()
  readonly #endpointsLoaded: Promise<EndpointSet>
  #policy: HttpClientPolicy
  #settings: TransportSettings
  #endpoints: EndpointSet | undefined
  #closing: Promise<void> | undefined

  constructor(options: HttpClientOptions, target: URL) {
    const { clock = systemClock, random = Math.random, profile = 'internal' } = options
    this.#options = options
    this.#target = target
    this.#traced = { dependency: options.dependency, target }
    this.#basePath = target.pathname.replace(/\/+$/, '')
    this.#propagates = options.propagation ?? httpClientDefaults.propagation[profile]
    this.#clock = clock
    this.#random = random
    this.#policy = options
    this.#settings = transportSettings(options, profile)
    const { service, dependency } = options
    this.#pipeline = createPipeline({
      ...layersOf(options),
      service,
      dependency,
      profile,
      clock,
      random,
      classify: classifyClientError,
    })
    this.#balancer = createBalancer({
      ...balancerPolicyOf(options, profile),
      service,
      dependency,
      clock,
      random,
    })
    this.#endpointsLoaded = this.#openEndpoints()
    // A transport that cannot be loaded fails the calls, which wait for it, and not the process.
    this.#endpointsLoaded.catch(() => undefined)
  }

  update(policy: HttpClientPolicy): void {
    const { profile = 'internal' } = this.#options
    checkClientPolicy(policy, profile)
    this.#policy = policy
    this.#settings = transportSettings(policy, profile)
    this.#pipeline.update(layersOf(policy))
    this.#balancer.tune(balancerPolicyOf(policy, profile))
    this.#endpoints?.update(this.#connections())
  }

  state(): HttpClientState {
    return {
      ...this.#pipeline.state(),
      target: this.#options.target,
      connections: this.#endpoints?.stats ?? { connected: 0, free: 0, pending: 0 },
      endpoints: this.#endpoints?.state ?? [],
    }
  }

  isolate(options?: ForceOptions): Promise<void> {
    return this.#pipeline.isolate(options)
  }

  holdClosed(options?: ForceOptions): Promise<void> {
    return this.#pipeline.holdClosed(options)
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

  async #openEndpoints(): Promise<EndpointSet> {
    const { createUndiciTransport } = await import('./undici-adapter.ts')
    const { service, dependency, resolver = createResolver({ service }) } = this.#options
    const limits = { maxResponseBytes: () => this.#settings.maxResponseBytes }
    this.#endpoints = new EndpointSet({
      ...this.#connections(),
      dependency,
      // The brackets of an IPv6 address belong to the URL.
      hostname: this.#target.hostname.replace(/^\[|\]$/g, ''),
      resolver,
      balancer: this.#balancer,
      clock: this.#clock,
      open: ({ key, shareRatio, lookup }, settings) =>
        createUndiciTransport({
          ...settings,
          ...limits,
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

  #connections(): ConnectionPolicy {
    const { profile = 'internal' } = this.#options
    const { maxResponseBytes: _live, ...settings } = this.#settings
    return { settings, separate: (this.#policy.endpoints ?? httpClientDefaults.endpoints[profile]) !== false }
  }

  async #fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return toResponse(
      await this.#sendWire(await readFetch(input, init, this.#target, this.#options.dependency)),
    )
  }

  dispatcher(options: DispatcherOptions = {}): ClientDispatcher {
    checkDispatcherOptions(options)
    const send = (call: WireCall, sink: AnswerSink) => this.#sendWire(call, sink, options.timeoutMs)
    return new PipelinedDispatcher({ ...this.#traced, send })
  }

  /** Any answer fulfils it. */
  async #sendWire({ signal, ...wire }: WireCall, sink?: AnswerSink, timeoutMs?: number): Promise<WireAnswer> {
    const context = this.#propagates ? currentContext() : undefined
    const prepared = prepareWireCall(wire, context, sink)
    try {
      await this.#send(prepared, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
    } catch (error) {
      if (!isKeelsonError(error, 'KEELSON_CLIENT_STATUS')) throw error
    }
    // A call that ends with an answer, wanted or not, has kept it.
    return prepared.answer as WireAnswer
  }

  async #operate(name: string, options: LooseOptions): Promise<unknown> {
    const { operations, dependency } = this.#options
    const operation =
      operations !== undefined && Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined) throw unknownOperation(dependency, name, operations)
    const { method, path, group, response, ...defaults } = operation
    const merged = { ...defaults, ...options, ...(response === undefined ? {} : { response }) }
    const answer = await this.#send(this.#prepare(method, path, merged, group), merged)
    return answer.body
  }

  async #call(method: HttpMethod, path: string, options: LooseOptions): Promise<Answer<unknown>> {
    return this.#send(this.#prepare(method, path, options), options)
  }

  async #send(prepared: PreparedCall, options: LooseOptions): Promise<Answer<unknown>> {
    if (this.#closing !== undefined) throw closedError(this.#options.dependency)
    const endpoints = this.#endpoints ?? (await this.#endpointsLoaded)
    const parent = currentContext()?.span
    const attempt = (one: Attempt) =>
      parent === undefined
        ? this.#attempt(endpoints, prepared, one)
        : tracedAttempt(parent, this.#traced, prepared, one, (span) =>
            this.#attempt(endpoints, prepared, one, span),
          )
    const call = {
      idempotent: prepared.idempotent,
      hedgeable: prepared.idempotent && prepared.sink === undefined && isRead(prepared.method),
      signal: options.signal,
      timeoutMs: options.timeoutMs,
      operation: prepared.group,
      // A fallback gives a body; who fetches wants an answer.
      fallback: prepared.raw ? undefined : this.#fallbackOf(prepared, options),
    }
    try {
      if (prepared.shareKey === undefined) return await this.#pipeline.run(attempt, call)
      const receive = (answer: Answer<unknown>) => this.#receive(prepared, answer)
      return await this.#pipeline.runShared(prepared.shareKey, attempt, receive, call)
    } catch (error) {
      throw translateError(error, this.#describe(prepared, error))
    }
  }

  #prepare(method: HttpMethod, template: string, options: LooseOptions, group?: string): PreparedCall {
    return prepareCall(method, template, options, {
      basePath: this.#basePath,
      context: this.#propagates ? currentContext() : undefined,
      deduplicate: this.#policy.deduplicate ?? false,
      group,
    })
  }

  async #attempt(
    endpoints: EndpointSet,
    call: PreparedCall,
    attempt: Attempt,
    span?: SpanIds,
  ): Promise<Answer<unknown>> {
    const exchange: Exchange = {
      phase: 'connect',
      onAbort: (listener) =>
        attempt.onAbort((reason) => {
          this.#phases.set(reason, exchange.phase)
          listener(reason)
        }),
    }
    call.exchange = exchange
    const { method, path, body, sink } = call
    const { dependency } = this.#options
    const found = endpoints.ready()
    if (found !== undefined) await found
    const { key, transport } = endpoints.take(attempt, call.tried, call.idempotent)
    call.tried.push(key)
    const headers = this.#headers(call, attempt, span)
    const request = { method, path, headers, body }
    const sent =
      sink === undefined
        ? transport.send(request, exchange)
        : sink.take(transport, request, exchange, attempt)
    const answer = await sent
    call.answer = answer
    attempt.statusCode = answer.status
    if (answer.status >= 300) {
      throw statusError(answer, { dependency, method, path: call.template, nowMs: this.#clock.now() })
    }
    // What several calls share, each of them reads for itself.
    if (call.raw || call.shareKey !== undefined) {
      return { status: answer.status, headers: answer.headers, body: answer }
    }
    const value = decodeBody(answer, dependency)
    return {
      status: answer.status,
      headers: answer.headers,
      body: call.response === undefined ? value : await validateBody(call.response, value, dependency),
    }
  }

  /** Makes a call's own answer of one that it may share with others. */
  async #receive(
    { response }: PreparedCall,
    { status, headers, body }: Answer<unknown>,
  ): Promise<Answer<unknown>> {
    const { dependency } = this.#options
    const shared = decodeBody(body as WireAnswer, dependency) // an attempt of a shared call gives nothing else
    const value = shared instanceof Uint8Array ? Buffer.from(shared) : shared
    return {
      status,
      headers: { ...headers },
      body: response === undefined ? value : await validateBody(response, value, dependency),
    }
  }

  #headers(call: PreparedCall, attempt: Attempt, span: SpanIds | undefined): Record<string, string> {
    if (!this.#propagates) return call.headers
    const { context } = call
    const { retry, limitMs } = attempt
    const own = propagationHeaders({
      service: this.#options.service,
      context,
      retry,
      limitMs,
      random: this.#random,
      span,
    })
    return Object.assign(own, call.headers)
  }

  #describe({ method, template, exchange }: PreparedCall, error: unknown): EndedCall {
    const known = isKeelsonError(error) ? this.#phases.get(error) : undefined
    return {
      dependency: this.#options.dependency,
      method,
      path: template,
      phase: known ?? exchange?.phase ?? 'connect',
    }
  }

  /** The fallback of the call, else that of the client. */
  #fallbackOf(call: PreparedCall, options: LooseOptions) {
    const { method, template, response } = call
    const ownFallback = options.fallback
    const clientFallback = this.#options.fallback
    if (ownFallback === undefined && clientFallback === undefined) return undefined
    return async (error: unknown): Promise<Answer<unknown>> => {
      const failure = translateError(error, this.#describe(call, error))
      // Whatever a part of the project throws is a KeelsonError; anything else is a fault of ours, and no reason to answer.
      if (!isKeelsonError(failure)) throw failure
      if (ownFallback !== undefined) return fallbackAnswer(await ownFallback(failure))
      const value: unknown = await clientFallback?.(failure, { method, path: template })
      if (response === undefined) return fallbackAnswer(value)
      return fallbackAnswer(await validateBody(response, value, this.#options.dependency))
    }
  }
}
