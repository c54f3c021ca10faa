import type { BreakerState } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import type { BreakerPolicy } from './breaker-policy.ts'
import { type BreakerFactory, loadBreakers } from './circuit-breaker.ts'
import type { CircuitBreaker } from './circuit-breaker-types.ts'

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
  #policy: Required<BreakerPolicy> | false
  #make: BreakerFactory | undefined
  #loading: Promise<void> | undefined
  #isolated = false
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
    return this.#breakers.get(mainGroup)?.state ?? (this.#isolated ? 'isolated' : 'closed')
  }

  /** Share of the main group's calls that are let through; `undefined` without breakers. */
  get admittedRatio(): number | undefined {
    if (this.#policy === false) return undefined
    return this.#breakers.get(mainGroup)?.admittedRatio ?? (this.#isolated ? 0 : 1)
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

  /** Takes other numbers from now on; what is known of the dependency stays. Without breakers nothing is refused. */
  update(policy: Required<BreakerPolicy> | false): void {
    this.#policy = policy
    if (policy === false) {
      this.#isolated = false
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

  async isolate(): Promise<void> {
    await this.ready()
    // It may have been switched off meanwhile, or from the beginning.
    if (this.#policy === false || this.#closed) return
    this.#isolated = true
    this.of(mainGroup)
    for (const breaker of this.#breakers.values()) breaker.isolate()
  }

  release(): void {
    this.#isolated = false
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
    if (this.#isolated) breaker.isolate()
    return breaker
  }
}
