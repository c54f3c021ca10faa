import type { DnsAnswer } from '../channels/index.ts'
import type { Clock } from '../clock/index.ts'
import type { AddressAnswer, ResolvedAddress } from './address-query.ts'

/** How long answers are kept, in milliseconds. */
export interface KeepingTimes {
  readonly minTtlMs: number
  readonly maxTtlMs: number
  readonly staleMs: number
  readonly negativeMs: number
}

/** What {@link CachedName} works with. */
export interface CachedNameOptions extends KeepingTimes {
  readonly clock: Clock
  /** Asks anew; rejects with the error that callers are to see. */
  readonly ask: () => Promise<AddressAnswer>
  /** Told of every answer that is given. */
  readonly onAnswer: (from: DnsAnswer['from']) => void
}

/** Share of the time to live after which an answer is renewed in the background. */
const refreshRatio = 0.8

/** Time in milliseconds that a caller waits for news when an expired answer is at hand: a name server that lives answers in less. */
const stalePatienceMs = 100

/** The addresses of one name: asked for once at a time, renewed ahead of their end, kept when nobody answers. */
export class CachedName {
  readonly #options: CachedNameOptions
  #addresses: readonly ResolvedAddress[] | undefined
  #refreshAt = 0
  #expiresAt = 0
  #error: unknown
  /** Monotonic time before which a failed question is not asked again; 0 when the last one was answered. */
  #askAgainAt = 0
  #asking: Promise<readonly ResolvedAddress[]> | undefined

  constructor(options: CachedNameOptions) {
    this.#options = options
  }

  /** Gives the addresses, out of the cache if it can. */
  async addresses(): Promise<readonly ResolvedAddress[]> {
    const now = this.#options.clock.monotonic()
    const known = this.#addresses
    if (known === undefined || now >= this.#expiresAt + this.#options.staleMs) return this.#ask(now)
    if (now >= this.#refreshAt && now >= this.#askAgainAt) void this.#refresh()
    if (now < this.#expiresAt) return this.#give(known, 'cache')
    // Nobody answered the last time: do not make every caller wait to learn that again.
    if (this.#askAgainAt > 0 || this.#asking === undefined) return this.#give(known, 'stale')
    return this.#freshOr(known, this.#asking)
  }

  async #ask(now: number): Promise<readonly ResolvedAddress[]> {
    if (now < this.#askAgainAt) {
      this.#options.onAnswer('negative')
      throw this.#error
    }
    const addresses = await this.#refresh()
    return this.#give(addresses, 'query')
  }

  #refresh(): Promise<readonly ResolvedAddress[]> {
    if (this.#asking !== undefined) return this.#asking
    const asking = this.#renew().finally(() => {
      this.#asking = undefined
    })
    // A question in the background may have nobody who waits for its answer.
    asking.catch(() => undefined)
    this.#asking = asking
    return asking
  }

  async #renew(): Promise<readonly ResolvedAddress[]> {
    const { ask, clock, minTtlMs, maxTtlMs, negativeMs } = this.#options
    try {
      const { addresses, ttlMs } = await ask()
      const now = clock.monotonic()
      const keptMs = Math.min(maxTtlMs, Math.max(minTtlMs, ttlMs))
      this.#addresses = addresses
      this.#refreshAt = now + refreshRatio * keptMs
      this.#expiresAt = now + keptMs
      this.#askAgainAt = 0
      return addresses
    } catch (error) {
      this.#error = error
      this.#askAgainAt = clock.monotonic() + negativeMs
      throw error
    }
  }

  async #freshOr(
    known: readonly ResolvedAddress[],
    asking: Promise<readonly ResolvedAddress[]>,
  ): Promise<readonly ResolvedAddress[]> {
    const { clock } = this.#options
    const { promise: patience, resolve: giveUp } = Promise.withResolvers<undefined>()
    const timer = clock.setTimeout(() => giveUp(undefined), stalePatienceMs)
    const fresh = await Promise.race([asking.catch(() => undefined), patience])
    clock.clearTimeout(timer)
    return fresh === undefined ? this.#give(known, 'stale') : this.#give(fresh, 'query')
  }

  #give(addresses: readonly ResolvedAddress[], from: DnsAnswer['from']): readonly ResolvedAddress[] {
    this.#options.onAnswer(from)
    return addresses
  }
}
