import { type Clock, sleep } from '@keelson/core/clock'
import type { KeelsonError } from '@keelson/core/errors'
import { Lease } from './lease.ts'
import type { ResourceFunctions } from './resource-definition.ts'
import type { ResourceSettings } from './resource-tuning.ts'
import { orAborted, within } from './waiting.ts'

/** What a client is kept with. */
export interface KeptClientOptions<Client> {
  readonly functions: Pick<ResourceFunctions<Client>, 'connect' | 'close'>
  readonly clock: Clock
  readonly random: () => number
  /** The numbers that are in force. */
  readonly settings: () => ResourceSettings
  /** Whether a client whose checks have failed works after all; asked once another one is there. */
  readonly works: (lease: Lease<Client>) => Promise<boolean>
  readonly onAttempt: (result: 'success' | 'failure', durationMs: number, error?: unknown) => void
  readonly onChange: (up: boolean, error?: unknown) => void
  /** Makes the error of those who need a client while there is none. */
  readonly unavailable: (why?: string, cause?: unknown) => KeelsonError
}

/** A check that never succeeds replaces a client every 3 × 64 × 5 s = 16 min at last, by default. */
const mostDoublings = 6

/**
 * Keeps one client connected: connects at once, again with back-off when it is lost, and makes another before it gives one up
 * that is to be replaced.
 */
export class KeptClient<Client> {
  readonly #options: KeptClientOptions<Client>
  readonly #closing = new AbortController()
  readonly #kept: Promise<void>
  readonly #tried = Promise.withResolvers<void>()
  readonly #retiring = new Set<Promise<void>>()
  #current: Lease<Client> | undefined
  #connectCount = 0
  #lastError: unknown
  /** Whether the checks of the present client have failed too often. */
  #isSuspect = false
  /** Clients that were replaced since a check has last succeeded. */
  #vainCount = 0
  /** How many times another client was wished for. */
  #generation = 0
  /** Exponent of the next pause. */
  #failureCount = 0
  #isPauseDue = false
  /** Ends whatever the loop waits for. */
  #stir = new AbortController()
  /** Those who wait for the next client. */
  #next = silent<Client>()
  /** Those who wait for a client of the last generation. */
  #replaced = silent<void>()

  constructor(options: KeptClientOptions<Client>) {
    this.#options = options
    this.#kept = this.#keep()
  }

  get current(): Lease<Client> | undefined {
    return this.#current
  }

  /** Clients that were connected and taken, the first included. */
  get connectCount(): number {
    return this.#connectCount
  }

  /** Why there is no client. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** @throws KEELSON_RESOURCE_UNAVAILABLE while there is none */
  lease(): Lease<Client> {
    if (this.#current === undefined) throw this.#options.unavailable()
    return this.#current
  }

  /** Waits for the end of the very first attempt, as nothing is known before. @throws KEELSON_RESOURCE_UNAVAILABLE, the reason of the signal */
  async firstLease(signal: AbortSignal): Promise<Lease<Client>> {
    if (this.#current === undefined) await orAborted(this.#tried.promise, signal)
    return this.lease()
  }

  connected(signal?: AbortSignal): Promise<Client> {
    if (this.#current !== undefined) return Promise.resolve(this.#current.client)
    return signal === undefined ? this.#next.promise : orAborted(this.#next.promise, signal)
  }

  /**
   * Takes note of how a check of a client has ended, and has another made when `maxFailedChecks` in a row have failed; twice as
   * many for each that was replaced without a check that succeeded since, as then the check itself may be wrong.
   */
  noteCheck(lease: Lease<Client>, isUp: boolean): void {
    if (lease !== this.#current) return
    lease.failedChecks = isUp ? 0 : lease.failedChecks + 1
    if (isUp) {
      this.#vainCount = 0
      this.#isSuspect = false
      return
    }
    const most = this.#options.settings().maxFailedChecks * 2 ** Math.min(this.#vainCount, mostDoublings)
    if (this.#isSuspect || lease.failedChecks < most) return
    this.#forgetFailures()
    this.#isSuspect = true
    this.#wake()
  }

  /** Connects another client and gives the present one up. Resolves when that is done, however long it takes. */
  reconnect(): Promise<void> {
    // The same whether it is closed already or later: a rejection that nobody need listen to.
    if (this.#closing.signal.aborted) return this.#replaced.promise
    this.#forgetFailures()
    this.#generation += 1
    this.#isPauseDue = false
    this.#wake()
    return this.#replaced.promise
  }

  /** Looks at the numbers again. */
  update(): void {
    this.#wake()
  }

  /**
   * Waits for those who use the client, and closes it; each has `closeTimeoutMs`.
   *
   * @throws KEELSON_RESOURCE_CLOSE_TIMEOUT as made by `late`, what closing throws
   */
  async close(late: (timeoutMs: number) => KeelsonError): Promise<void> {
    this.#closing.abort(this.#options.unavailable())
    this.#wake()
    await this.#kept
    const { clock, settings, functions, onChange } = this.#options
    const { closeTimeoutMs } = settings()
    const lease = this.#current
    this.#current = undefined
    this.#next.reject(this.#closing.signal.reason)
    // The one before may have been kept already.
    this.#next = silent()
    this.#next.reject(this.#closing.signal.reason)
    this.#replaced.reject(this.#closing.signal.reason)
    try {
      if (lease === undefined) return
      onChange(false)
      await within(clock, closeTimeoutMs, lease.idle(), nothing).catch(nothing)
      const closed = Promise.resolve().then(() => functions.close(lease.client))
      await within(clock, closeTimeoutMs, closed, () => late(closeTimeoutMs))
    } finally {
      await Promise.all(this.#retiring)
    }
  }

  /** Until it is closed. Never rejects. */
  async #keep(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      if (!this.#wantsAnother()) {
        await new Promise<void>((resolve) => this.#onStir(resolve))
      } else if (this.#isPauseDue) {
        this.#isPauseDue = false
        await this.#pause()
      } else {
        const lease = await this.#connect()
        if (lease === undefined) this.#isPauseDue = true
        else await this.#take(lease)
        this.#tried.resolve()
      }
    }
  }

  #wantsAnother(): boolean {
    return this.#current === undefined || this.#isSuspect || this.#current.generation < this.#generation
  }

  #wake(): void {
    const stirred = this.#stir
    this.#stir = new AbortController()
    stirred.abort()
  }

  #onStir(then: () => void): void {
    this.#stir.signal.addEventListener('abort', then, { once: true })
  }

  /** @returns `undefined` when it could not be done, or not in time */
  async #connect(): Promise<Lease<Client> | undefined> {
    const { clock, functions, settings, onAttempt, unavailable } = this.#options
    const startedAtMs = clock.monotonic()
    const generation = this.#generation
    const limit = new AbortController()
    const { connectTimeoutMs } = settings()
    let lease: Lease<Client> | undefined
    let early: Lease<Client>['lostWith']
    const lost = (error?: unknown) => {
      if (lease === undefined) early ??= { error }
      else this.#lose(lease, error)
    }
    const end = () => limit.abort(this.#closing.signal.reason)
    const late = () => limit.abort(unavailable(`did not connect within ${connectTimeoutMs} ms`))
    const timer = clock.setTimeout(late, connectTimeoutMs)
    this.#closing.signal.addEventListener('abort', end, { once: true })
    const connecting = Promise.resolve().then(() => functions.connect({ signal: limit.signal, lost }))
    try {
      const client = await orAborted(connecting, limit.signal)
      lease = new Lease(client, clock.monotonic(), generation)
      onAttempt('success', clock.monotonic() - startedAtMs)
      lease.lostWith = early
      return lease
    } catch (error) {
      // What comes after all is not wanted any more, and must not be left open.
      connecting.then((client) => this.#discard(client), nothing)
      this.#lastError = error
      onAttempt('failure', clock.monotonic() - startedAtMs, error)
      return undefined
    } finally {
      clock.clearTimeout(timer)
      this.#closing.signal.removeEventListener('abort', end)
    }
  }

  /** Puts a client in the place of the present one, if that is still wanted. */
  async #take(lease: Lease<Client>): Promise<void> {
    const isWanted = await this.#isWanted(lease)
    const former = this.#current
    if (
      this.#closing.signal.aborted ||
      (former !== undefined && (!isWanted || lease.lostWith !== undefined))
    ) {
      this.#isPauseDue = this.#wantsAnother()
      await this.#discard(lease.client)
      return
    }
    if (this.#isSuspect) this.#vainCount += 1
    this.#current = lease
    this.#connectCount += 1
    this.#isSuspect = false
    this.#lastError = undefined
    if (former === undefined) this.#options.onChange(true)
    else this.#retire(former)
    this.#next.resolve(lease.client)
    if (lease.generation === this.#generation) {
      this.#replaced.resolve()
      this.#replaced = silent()
    }
    if (lease.lostWith !== undefined) this.#lose(lease, lease.lostWith.error)
  }

  /** Whether the present client is to go, now that there is another: what ailed its server may be over for both. */
  async #isWanted(lease: Lease<Client>): Promise<boolean> {
    const before = this.#current
    if (before === undefined || before.generation < lease.generation) return true
    const works = await orAborted(this.#options.works(before), this.#closing.signal).catch(() => false)
    if (this.#current !== before) return this.#current === undefined
    if (works) this.#isSuspect = false
    return !works
  }

  #lose(lease: Lease<Client>, error: unknown): void {
    if (lease !== this.#current) {
      lease.lostWith ??= { error }
      return
    }
    this.#forgetFailures()
    this.#current = undefined
    this.#isSuspect = false
    this.#lastError = error
    this.#next = silent()
    this.#isPauseDue = true
    this.#options.onChange(false, error)
    void this.#discard(lease.client)
    this.#wake()
  }

  /** A client that was lost as soon as it was made is a failure too: else it would be made again without a pause. */
  #forgetFailures(): void {
    const { clock, settings } = this.#options
    const connectedAtMs = this.#current?.connectedAtMs ?? Infinity
    if (clock.monotonic() - connectedAtMs >= settings().maxConnectBackoffMs) this.#failureCount = 0
  }

  /** Closes a client that others have begun to use, once they have ended. */
  #retire(lease: Lease<Client>): void {
    const { clock, settings } = this.#options
    const { closeTimeoutMs } = settings()
    const retired = (async () => {
      await within(clock, closeTimeoutMs, lease.idle(), nothing).catch(nothing)
      await within(clock, closeTimeoutMs, this.#discard(lease.client), nothing).catch(nothing)
    })()
    this.#retiring.add(retired)
    void retired.finally(() => this.#retiring.delete(retired))
  }

  /** Closes a client that nobody uses any more; that it is broken is known. Never rejects. */
  async #discard(client: Client): Promise<void> {
    try {
      await this.#options.functions.close(client)
    } catch {
      // A connection that is lost often cannot be closed in good order.
    }
  }

  /**
   * Waits a random part of the back-off, at least half of it: replicas must not come back all at once. Numbers that change
   * meanwhile count from the beginning of the pause; a wish for another client ends it.
   */
  async #pause(): Promise<void> {
    const { clock, random, settings } = this.#options
    const startedAtMs = clock.monotonic()
    const generation = this.#generation
    const share = 0.5 + 0.5 * random()
    const exponent = Math.min(this.#failureCount, 30)
    this.#failureCount += 1
    while (!this.#closing.signal.aborted && this.#generation === generation && this.#wantsAnother()) {
      const { connectBackoffMs, maxConnectBackoffMs } = settings()
      const mostMs = Math.min(maxConnectBackoffMs, connectBackoffMs * 2 ** exponent)
      const leftMs = startedAtMs + mostMs * share - clock.monotonic()
      if (leftMs <= 0) return
      await sleep(clock, leftMs, this.#stir.signal).catch(nothing)
    }
  }
}

/** For a promise that nobody need wait for. */
function silent<T>(): PromiseWithResolvers<T> {
  const made = Promise.withResolvers<T>()
  made.promise.catch(nothing)
  return made
}

function nothing(): void {}
