import type { BreakerState } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import { AnswerSilence } from './answer-silence.ts'
import type { BreakerPolicy } from './breaker-policy.ts'
import { type BreakerFactory, loadBreakers } from './circuit-breaker.ts'
import type { CircuitBreaker, ForceOptions } from './circuit-breaker-types.ts'

/** What the breakers of one dependency have in common. */
export interface BreakerGroupsOptions {
  readonly service: string
  readonly dependency: string
  readonly clock: Clock
  readonly random: () => number
}

/** Name of the group of all operations that have no other. */
export const mainGroup = ''

/**
 * The breakers of one dependency, one for each group of operations: reads must not be refused because the payments behind the
 * same name fail. opossum is loaded with the first of them.
 */
export class BreakerGroups {
  readonly #options: BreakerGroupsOptions
  readonly #breakers = new Map<string, CircuitBreaker>()
  readonly #silences = new Map<string, AnswerSilence>()
  #policy: Required<BreakerPolicy> | false
  #make: BreakerFactory | undefined
  #loading: Promise<void> | undefined
  /** What somebody has decided for all groups, those that come later included. */
  #force: { readonly to: 'open' | 'closed'; readonly untilMs: number } | undefined
  #closed = false

  /** @param policy checked; `false` for no breaker */
  constructor(policy: Required<BreakerPolicy> | false, options: BreakerGroupsOptions) {
    this.#options = options
    this.#policy = policy
    // A breaker that cannot be loaded fails the calls, which wait for it, and not the process.
    this.ready()?.catch(() => undefined)
  }

  /** State of the main group; `undefined` without breakers. */
  get state(): BreakerState | undefined {
    if (this.#policy === false) return undefined
    return this.#breakers.get(mainGroup)?.state ?? 'closed'
  }

  /** Share of the main group's calls that are let through; `undefined` without breakers. */
  get admittedRatio(): number | undefined {
    if (this.#policy === false) return undefined
    return this.#breakers.get(mainGroup)?.admittedRatio ?? 1
  }

  /** Whether all of them are isolated (`open`) or held closed. */
  get forced(): 'open' | 'closed' | undefined {
    return this.#breakers.get(mainGroup)?.forced
  }

  /** States of the other groups that have been called. */
  get groupStates(): Readonly<Record<string, BreakerState>> {
    const named = [...this.#breakers].filter(([group]) => group !== mainGroup)
    return Object.fromEntries(named.map(([group, { state }]) => [group, state]))
  }

  /** Gives a promise when opossum must be loaded first. */
  ready(): Promise<void> | undefined {
    if (this.#make !== undefined || this.#policy === false) return undefined
    this.#loading ??= this.#load()
    return this.#loading
  }

  /** The breaker of a group, once {@link ready}; `undefined` without breakers. */
  of(group: string): CircuitBreaker | undefined {
    return this.#breakers.get(group) ?? this.#add(group)
  }

  /** What attempts that were cut short say about a group. */
  silenceOf(group: string): AnswerSilence {
    let silence = this.#silences.get(group)
    if (silence === undefined) {
      silence = new AnswerSilence()
      this.#silences.set(group, silence)
    }
    return silence
  }

  /** Takes other numbers from now on; what is known of the dependency stays. Without breakers nothing is refused. */
  update(policy: Required<BreakerPolicy> | false): void {
    this.#policy = policy
    if (policy === false) {
      this.#force = undefined
      for (const breaker of this.#breakers.values()) {
        breaker.reset()
        void breaker.close()
      }
      this.#breakers.clear()
      return
    }
    for (const breaker of this.#breakers.values()) breaker.update(policy)
    this.ready()?.catch(() => undefined)
  }

  /** Takes the decision from all of them, until {@link release} or for `forMs`. */
  async force(to: 'open' | 'closed', options: ForceOptions): Promise<void> {
    await this.ready()
    // It may have been switched off meanwhile, or from the beginning.
    const main = this.of(mainGroup)
    if (main === undefined) return
    // The first one checks the options, before anything has changed.
    for (const breaker of new Set([main, ...this.#breakers.values()])) forceOne(breaker, to, options)
    this.#force = { to, untilMs: this.#options.clock.monotonic() + (options.forMs ?? Infinity) }
  }

  async release(): Promise<void> {
    // Not before a force that waits for the same.
    await this.#loading?.catch(() => undefined)
    this.#force = undefined
    for (const breaker of this.#breakers.values()) breaker.release()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#loading?.catch(() => undefined)
    for (const breaker of this.#breakers.values()) await breaker.close()
  }

  async #load(): Promise<void> {
    try {
      this.#make = await loadBreakers()
    } finally {
      this.#loading = undefined
    }
  }

  #add(group: string): CircuitBreaker | undefined {
    if (this.#policy === false || this.#make === undefined || this.#closed) return undefined
    const { service, dependency, clock, random } = this.#options
    const operation = group === mainGroup ? {} : { operation: group }
    const breaker = this.#make({ ...this.#policy, service, dependency, ...operation, clock, random })
    this.#breakers.set(group, breaker)
    const { to, untilMs } = this.#force ?? { to: 'open', untilMs: 0 }
    const forMs = untilMs - clock.monotonic()
    if (forMs > 0) forceOne(breaker, to, forMs === Infinity ? {} : { forMs })
    return breaker
  }
}

function forceOne(breaker: CircuitBreaker, to: 'open' | 'closed', options: ForceOptions): void {
  if (to === 'open') breaker.isolate(options)
  else breaker.holdClosed(options)
}
