import { channel } from '@keelson/core/channels'
import { type Clock, systemClock } from '@keelson/core/clock'
import { checkOptions, KeelsonError, isKeelsonError, optionRules } from '@keelson/core/errors'
import type { HealthResult } from '@keelson/core/health'
import type { Attempt } from '../attempt.ts'
import type { ForceOptions } from '../circuit-breaker-types.ts'
import type { Classification } from '../classification.ts'
import { createPipeline } from '../pipeline.ts'
import type { Pipeline, PipelineCall, PipelineState } from '../pipeline-types.ts'
import { KeptClient } from './kept-client.ts'
import type { Lease } from './lease.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import {
  checkResourceTuning,
  type ResourceSettings,
  type ResourceTuning,
  tuningRules,
} from './resource-tuning.ts'
import { orAborted, within } from './waiting.ts'

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
  /**
   * Looks once whether it works: `up` when it is connected and its `check` passes. Waits for the first attempt to connect, until the
   * signal is aborted. Never rejects.
   */
  check(signal: AbortSignal): Promise<HealthResult>
  state(): ResourceState
  /** Refuses every operation, or has its fallback answer, as `Pipeline.isolate` does. @throws KEELSON_RESILIENCE_OPTIONS_INVALID */
  isolate(options?: ForceOptions): Promise<void>
  /** Keeps the breaker closed, as `Pipeline.holdClosed` does. @throws KEELSON_RESILIENCE_OPTIONS_INVALID */
  holdClosed(options?: ForceOptions): Promise<void>
  /** Lets the breaker decide again. */
  release(): Promise<void>
  /**
   * Connects another client, as when credentials have changed, and gives the present one up once it is there: operations go on
   * meanwhile, and end with the client that they began with. An attempt that fails is made again, with back-off; the present
   * client stays for as long.
   *
   * @returns when it is done; need not be waited for
   * @throws KEELSON_RESOURCE_UNAVAILABLE when it is closed before
   */
  reconnect(): Promise<void>
  /**
   * Takes other numbers, whole: what is left out returns to its default. The connection, operations under way and what the breaker
   * remembers stay; a pause between two attempts to connect is not longer than the new numbers allow. The profile stays that of
   * the beginning, and what belongs to the runner of the checks (`critical`, `checkIntervalMs`, `checkTimeoutMs`) is only checked.
   *
   * @throws KEELSON_RESILIENCE_OPTIONS_INVALID; then nothing has changed
   */
  update(tuning: ResourceTuning): void
  /**
   * Ends the attempts to connect, refuses further operations, waits for those under way and closes the client; both are given
   * `closeTimeoutMs`.
   *
   * @throws KEELSON_RESOURCE_CLOSE_TIMEOUT, what the definition's `close` throws
   */
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

class KeptResource<Client> implements Resource<Client> {
  readonly #options: ResourceOptions<Client>
  #settings: ResourceSettings
  readonly #clock: Clock
  readonly #pipeline: Pipeline
  readonly #kept: KeptClient<Client>
  #closed: Promise<void> | undefined

  constructor(options: ResourceOptions<Client>) {
    const { service, name, policy = {}, clock = systemClock, random = Math.random } = options
    this.#options = options
    this.#settings = checkResourceTuning(tuningOf(options))
    this.#clock = clock
    this.#pipeline = createPipeline({
      ...policy,
      service,
      dependency: name,
      classify: (error) => this.#classify(error),
      clock,
      random,
    })
    declared.publish({ service, dependency: name })
    changed.publish({ service, resource: name, up: false })
    this.#kept = new KeptClient({
      functions: options,
      clock,
      random,
      settings: () => this.#settings,
      works: (lease) => this.#works(lease),
      onAttempt: (result, durationMs, error) =>
        connectEnded.publish({ service, resource: name, result, durationMs, ...withError(error) }),
      onChange: (up, error) => changed.publish({ service, resource: name, up, ...withError(error) }),
      unavailable: (why) => this.#unavailable(why),
    })
  }

  get client(): Client {
    return this.#kept.lease().client
  }

  get settings(): ResourceSettings {
    return this.#settings
  }

  async connected(signal?: AbortSignal): Promise<Client> {
    return this.#kept.connected(signal)
  }

  reconnect(): Promise<void> {
    return this.#kept.reconnect()
  }

  run<T, Fallback = never>(
    operation: (client: Client, attempt: Attempt) => Promise<T>,
    call?: PipelineCall<Fallback>,
  ): Promise<T | Fallback> {
    return this.#pipeline.run(async (attempt) => {
      const { signal } = attempt
      const lease = this.#kept.current ?? (await this.#kept.firstLease(signal))
      try {
        return await lease.use((client) => operation(client, attempt), signal)
      } catch (error) {
        throw this.#asFailure(error)
      }
    }, call)
  }

  async check(signal: AbortSignal): Promise<HealthResult> {
    let lease: Lease<Client> | undefined
    try {
      // A service that starts is ready as soon as it is connected, and not at the second check.
      lease = this.#kept.current ?? (await this.#kept.firstLease(signal))
      // Without a check of its own the connection is all that is known.
      if (this.#options.check !== undefined) await this.#ask(lease, signal)
      this.#kept.noteCheck(lease, true)
      return this.#kept.current === undefined
        ? { status: 'down', error: this.#unavailable() }
        : { status: 'up' }
    } catch (error) {
      if (lease !== undefined) this.#kept.noteCheck(lease, false)
      return { status: 'down', error }
    }
  }

  state(): ResourceState {
    const status =
      this.#closed !== undefined ? 'closed' : this.#kept.current === undefined ? 'connecting' : 'connected'
    return { ...this.#pipeline.state(), status, connectCount: this.#kept.connectCount }
  }

  update(tuning: ResourceTuning): void {
    const { profile: _profile, ...policy } = tuning.policy ?? {}
    const { profile } = this.#options.policy ?? {}
    this.#settings = checkResourceTuning({
      ...tuning,
      policy: { ...policy, ...(profile === undefined ? {} : { profile }) },
    })
    this.#pipeline.update(policy)
    this.#kept.update()
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
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#pipeline.close()
    const { name } = this.#options
    await this.#kept.close(
      (timeoutMs) =>
        new KeelsonError(
          'KEELSON_RESOURCE_CLOSE_TIMEOUT',
          `Closing the resource ${name} took longer than ${timeoutMs} ms. Look what its close waits for.`,
          { details: { resource: name, timeoutMs } },
        ),
    )
  }

  /** Looks whether a client works. Those that hang take a connection each, so that only a few may. */
  async #ask(lease: Lease<Client>, signal: AbortSignal): Promise<void> {
    const { check } = this.#options
    const { maxFailedChecks } = this.#settings
    if (lease.openChecks >= maxFailedChecks)
      throw this.#unavailable(`does not answer ${lease.openChecks} checks`)
    lease.openChecks += 1
    const asked = Promise.resolve().then(() => check?.(lease.client, signal))
    const settled = () => void (lease.openChecks -= 1)
    asked.then(settled, settled)
    await orAborted(asked, signal)
  }

  async #works(lease: Lease<Client>): Promise<boolean> {
    const limit = new AbortController()
    const late = () => limit.abort()
    try {
      await within(this.#clock, this.#settings.checkTimeoutMs, this.#ask(lease, limit.signal), late)
      return true
    } catch {
      return false
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

  #unavailable(why = 'has no connection'): KeelsonError {
    const { name } = this.#options
    const cause = this.#kept.lastError
    return new KeelsonError(
      'KEELSON_RESOURCE_UNAVAILABLE',
      `The resource ${name} ${why}. Repair it; the service connects by itself as soon as it can.`,
      {
        statusCode: 503,
        retryable: true,
        details: { resource: name },
        ...(cause === undefined ? {} : { cause }),
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

function withError(error: unknown): { readonly error?: unknown } {
  return error === undefined ? {} : { error }
}
