import { channel } from '@keelson/core/channels'
import { type Clock, sleep, systemClock } from '@keelson/core/clock'
import { checkOptions, KeelsonError, isKeelsonError, optionRules } from '@keelson/core/errors'
import type { HealthResult } from '@keelson/core/health'
import type { Attempt } from '../attempt.ts'
import type { Classification } from '../classification.ts'
import { createPipeline } from '../pipeline.ts'
import type { Pipeline, PipelineCall, PipelineState } from '../pipeline-types.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import {
  checkResourceTuning,
  type ResourceSettings,
  type ResourceTuning,
  tuningRules,
} from './resource-tuning.ts'

/** Options of {@link createResource}. */
export interface ResourceOptions<Client> extends ResourceDefinition<Client> {
  /** Name of the service that uses it; part of every published fact. */
  readonly service: string
  /** Name of the resource: label of its series, part of errors. */
  readonly name: string
  /** @defaultValue the clock of the process */
  readonly clock?: Clock
  /** Source of jitter, 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number
}

/** How a resource is. */
export interface ResourceState extends PipelineState {
  readonly status: 'connecting' | 'connected' | 'closed'
  /** Connections that were made, the first included. */
  readonly connectCount: number
}

/** A pool or client of something that speaks no HTTP, connected and kept so. */
export interface Resource<Client> extends AsyncDisposable {
  /**
   * The connected client, for what needs no policy.
   *
   * @throws KEELSON_RESOURCE_UNAVAILABLE while there is none
   */
  readonly client: Client
  /** The numbers that are in force. */
  readonly settings: ResourceSettings
  /**
   * Waits for the client.
   *
   * @throws the reason of the signal; KEELSON_RESOURCE_UNAVAILABLE when it is closed
   */
  connected(signal?: AbortSignal): Promise<Client>
  /**
   * Runs an operation under the policy: deadline → fallback → bulkhead → retry → breaker → attempt timer. Waits for the very
   * first attempt to connect, within the time of an attempt; without a connection after that it fails at once.
   *
   * @param call `idempotent` lets it be made again after an outage
   * @throws what the operation throws, as KEELSON_RESOURCE_FAILED when `isOutage` says so of it; KEELSON_RESOURCE_UNAVAILABLE, and
   *   what a pipeline throws
   */
  run<T, Fallback = never>(
    operation: (client: Client, attempt: Attempt) => Promise<T>,
    call?: PipelineCall<Fallback>,
  ): Promise<T | Fallback>
  /** Looks once whether it works: `up` when it is connected and its `check` passes. Never rejects. */
  check(signal: AbortSignal): Promise<HealthResult>
  state(): ResourceState
  /**
   * Takes other numbers, whole: what is left out returns to its default. The connection, operations under way and what the breaker
   * remembers stay; a pause between two attempts to connect is not longer than the new numbers allow. The profile stays that of
   * the beginning, and what belongs to the runner of the checks (`critical`, `checkIntervalMs`, `checkTimeoutMs`) is only checked.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID; then nothing has changed
   */
  update(tuning: ResourceTuning): void
  /** Ends the attempts to connect, refuses further operations and closes the client. */
  close(): Promise<void>
}

/**
 * Makes a resource, which connects at once and again whenever its connection is lost, with back-off. Publishes
 * `keelson.dependency.declared`, `keelson.resource.connected` and `keelson.resource.changed`, and by its pipeline `keelson.client.*`.
 *
 * @throws KEELSON_RESILIENCE_OPTIONS_INVALID
 */
export function createResource<Client>(options: ResourceOptions<Client>): Resource<Client> {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'resource', options, {
    service: optionRules.string,
    name: optionRules.string,
    connect: optionRules.function,
    check: optionRules.function,
    close: optionRules.function,
    isOutage: optionRules.function,
    ...tuningRules(options),
    clock: optionRules.object,
    random: optionRules.function,
  })
  return new KeptResource(options)
}

const declared = channel('keelson.dependency.declared')
const connectEnded = channel('keelson.resource.connected')
const changed = channel('keelson.resource.changed')

/** One client and what ends it. */
interface Connection<Client> {
  readonly client: Client
  /** Resolves with the reason when it is lost. */
  readonly lost: Promise<unknown>
}

class KeptResource<Client> implements Resource<Client> {
  readonly #options: ResourceOptions<Client>
  #settings: ResourceSettings
  readonly #clock: Clock
  readonly #random: () => number
  readonly #pipeline: Pipeline
  readonly #closing = new AbortController()
  readonly #kept: Promise<void>
  /** Ends the pause between two attempts to connect. */
  #pausing = new AbortController()
  #client: { readonly value: Client } | undefined
  #connectCount = 0
  /** Whether the first attempt to connect has ended; it wakes those who wait for it. */
  #hasTried = false
  readonly #tried = Promise.withResolvers<void>()
  #lastError: unknown
  /** Those who wait for the next client. */
  #next = Promise.withResolvers<Client>()

  constructor(options: ResourceOptions<Client>) {
    const { service, name, policy = {}, clock = systemClock, random = Math.random } = options
    this.#options = options
    this.#settings = checkResourceTuning(tuningOf(options))
    this.#clock = clock
    this.#random = random
    this.#pipeline = createPipeline({
      ...policy,
      service,
      dependency: name,
      classify: (error) => this.#classify(error),
      clock,
      random,
    })
    this.#next.promise.catch(() => undefined)
    declared.publish({ service, dependency: name })
    changed.publish({ service, resource: name, up: false })
    this.#kept = this.#keep()
  }

  get client(): Client {
    if (this.#client === undefined) throw this.#unavailable()
    return this.#client.value
  }

  get settings(): ResourceSettings {
    return this.#settings
  }

  async connected(signal?: AbortSignal): Promise<Client> {
    if (this.#client !== undefined) return this.#client.value
    if (signal === undefined) return this.#next.promise
    return orAborted(this.#next.promise, signal)
  }

  run<T, Fallback = never>(
    operation: (client: Client, attempt: Attempt) => Promise<T>,
    call?: PipelineCall<Fallback>,
  ): Promise<T | Fallback> {
    return this.#pipeline.run(async (attempt) => {
      // Worth waiting for as long as nothing is known of it.
      const isFirst = this.#client === undefined && !this.#hasTried
      const client = isFirst ? await this.#first(attempt.signal) : this.client
      try {
        return await operation(client, attempt)
      } catch (error) {
        throw this.#asFailure(error)
      }
    }, call)
  }

  async #first(signal: AbortSignal): Promise<Client> {
    await orAborted(this.#tried.promise, signal)
    return this.client
  }

  async check(signal: AbortSignal): Promise<HealthResult> {
    try {
      await this.#options.check?.(this.client, signal)
      // Without a check of its own the connection is all that is known.
      return this.#client === undefined ? { status: 'down', error: this.#unavailable() } : { status: 'up' }
    } catch (error) {
      return { status: 'down', error }
    }
  }

  state(): ResourceState {
    const status = this.#closing.signal.aborted
      ? 'closed'
      : this.#client === undefined
        ? 'connecting'
        : 'connected'
    return { ...this.#pipeline.state(), status, connectCount: this.#connectCount }
  }

  update(tuning: ResourceTuning): void {
    const { profile: _profile, ...policy } = tuning.policy ?? {}
    const { profile } = this.#options.policy ?? {}
    this.#settings = checkResourceTuning({
      ...tuning,
      policy: { ...policy, ...(profile === undefined ? {} : { profile }) },
    })
    this.#pipeline.update(policy)
    this.#pausing.abort()
  }

  async close(): Promise<void> {
    this.#closing.abort(this.#unavailable())
    this.#pausing.abort()
    await this.#pipeline.close()
    await this.#kept
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Connects, waits for the end of the connection, and again, until it is closed. Rejects only with what `close` throws at the end. */
  async #keep(): Promise<void> {
    const { signal } = this.#closing
    for (let failureCount = 0; !signal.aborted; ) {
      const connection = await this.#connect()
      if (connection === undefined) {
        await this.#pause(failureCount)
        failureCount += 1
        continue
      }
      const connectedAtMs = this.#clock.monotonic()
      const error = await Promise.race([connection.lost, aborted(signal)])
      this.#client = undefined
      if (signal.aborted) {
        this.#publish(false)
        await this.#options.close(connection.client)
        return
      }
      this.#next = Promise.withResolvers()
      this.#next.promise.catch(() => undefined)
      this.#lastError = error
      this.#publish(false, error)
      void this.#discard(connection.client)
      // One that is lost as soon as it is made is a failure too: else it would be made again without a pause.
      failureCount =
        this.#clock.monotonic() - connectedAtMs < this.#settings.maxConnectBackoffMs ? failureCount + 1 : 0
      await this.#pause(failureCount)
    }
    this.#next.reject(signal.reason)
  }

  async #connect(): Promise<Connection<Client> | undefined> {
    const { service, name, connect } = this.#options
    const startedAtMs = this.#clock.monotonic()
    const limit = new AbortController()
    const { promise: lost, resolve } = Promise.withResolvers<unknown>()
    const publish = (result: 'success' | 'failure', error?: unknown) =>
      connectEnded.publish({
        service,
        resource: name,
        result,
        durationMs: this.#clock.monotonic() - startedAtMs,
        ...(error === undefined ? {} : { error }),
      })
    const end = () => limit.abort(this.#closing.signal.reason)
    const timer = this.#clock.setTimeout(
      () => limit.abort(this.#unavailable(`did not connect within ${this.#settings.connectTimeoutMs} ms`)),
      this.#settings.connectTimeoutMs,
    )
    this.#closing.signal.addEventListener('abort', end, { once: true })
    const connecting = Promise.resolve().then(() => connect({ signal: limit.signal, lost: resolve }))
    try {
      const client = await orAborted(connecting, limit.signal)
      this.#connectCount += 1
      this.#client = { value: client }
      this.#next.resolve(client)
      this.#lastError = undefined
      publish('success')
      this.#publish(true)
      return { client, lost }
    } catch (error) {
      // What comes after all is not wanted any more, and must not be left open.
      connecting.then(
        (client) => this.#discard(client),
        () => undefined,
      )
      this.#lastError = error
      publish('failure', error)
      return undefined
    } finally {
      this.#hasTried = true
      this.#tried.resolve()
      this.#clock.clearTimeout(timer)
      this.#closing.signal.removeEventListener('abort', end)
    }
  }

  /** Closes a client that nobody uses any more; that it is broken is known. */
  async #discard(client: Client): Promise<void> {
    try {
      await this.#options.close(client)
    } catch {
      // A connection that is lost often cannot be closed in good order.
    }
  }

  /**
   * Waits a random part of the back-off, at least half of it: replicas must not come back all at once. Numbers that change
   * meanwhile count from the beginning of the pause.
   */
  async #pause(failureCount: number): Promise<void> {
    const startedAtMs = this.#clock.monotonic()
    const share = 0.5 + 0.5 * this.#random()
    while (!this.#closing.signal.aborted) {
      const { connectBackoffMs, maxConnectBackoffMs } = this.#settings
      const mostMs = Math.min(maxConnectBackoffMs, connectBackoffMs * 2 ** Math.min(failureCount, 30))
      const leftMs = startedAtMs + mostMs * share - this.#clock.monotonic()
      if (leftMs <= 0) return
      this.#pausing = new AbortController()
      await sleep(this.#clock, leftMs, this.#pausing.signal).catch(() => undefined)
    }
  }

  /** An outage is the same to the caller whichever client has met it. */
  #asFailure(error: unknown): unknown {
    if (isKeelsonError(error) || this.#options.isOutage?.(error) !== true) return error
    const { name } = this.#options
    return new KeelsonError('KEELSON_RESOURCE_FAILED', `The resource ${name} is out of order. Repair it.`, {
      statusCode: 503,
      retryable: true,
      cause: error,
      details: { resource: name },
    })
  }

  #classify(error: unknown): Classification {
    if (isKeelsonError(error, 'KEELSON_RESOURCE_UNAVAILABLE')) return notSent
    if (isKeelsonError(error, 'KEELSON_RESOURCE_FAILED')) return outage
    return this.#options.isOutage?.(error) === false ? refused : outage
  }

  #publish(up: boolean, error?: unknown): void {
    const { service, name } = this.#options
    changed.publish({ service, resource: name, up, ...(error === undefined ? {} : { error }) })
  }

  #unavailable(why = 'has no connection'): KeelsonError {
    const { name } = this.#options
    return new KeelsonError(
      'KEELSON_RESOURCE_UNAVAILABLE',
      `The resource ${name} ${why}. Repair it; the service connects by itself as soon as it can.`,
      {
        statusCode: 503,
        retryable: true,
        details: { resource: name },
        ...(this.#lastError === undefined ? {} : { cause: this.#lastError }),
      },
    )
  }
}

const notSent: Classification = { breaker: 'failure', retry: 'always', outcome: 'failure' }
const outage: Classification = { breaker: 'failure', retry: 'idempotent', outcome: 'failure' }
/** It was answered: there is nothing wrong with the resource. */
const refused: Classification = { breaker: 'success', retry: 'never', outcome: 'success' }

/** The part of the options that can change. */
function tuningOf<Client>(options: ResourceOptions<Client>): ResourceTuning {
  const { service: _service, name: _name, clock: _clock, random: _random, ...definition } = options
  const { connect: _connect, check: _check, close: _close, isOutage: _isOutage, ...tuning } = definition
  return tuning
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** @throws what the promise rejects with, or the reason of the signal */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}
