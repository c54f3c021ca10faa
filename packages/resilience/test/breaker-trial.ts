import { type BreakerChanged, type BreakerForced, subscribe } from '@keelson/core/channels'
import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, beforeEach, expect } from 'vitest'
import { circuitBreaker } from '../src/circuit-breaker.ts'
import type { BreakerOutcome, CircuitBreaker, CircuitBreakerOptions } from '../src/circuit-breaker-types.ts'

/** Whose breakers they are, in all that they publish. */
export const names = Object.freeze({ service: 'delivery', dependency: 'catalog' })

/** Breakers on a clock that stands still, and what they have published since the test began. */
export interface BreakerTrial {
  readonly clock: FakeClock
  readonly changes: readonly BreakerChanged[]
  readonly forces: readonly BreakerForced[]
  /** Makes a breaker without jitter; it is closed when the test ends. */
  readonly make: (options?: Partial<CircuitBreakerOptions>) => Promise<CircuitBreaker>
  /** Makes one, and opens it by 20 failures. */
  readonly makeOpen: (options?: Partial<CircuitBreakerOptions>) => Promise<CircuitBreaker>
}

/** Sets up the tests of the file that it is called in; each of them must leave no timer behind. */
export function breakerTrial(): BreakerTrial {
  const clock = createFakeClock()
  const changes: BreakerChanged[] = []
  const forces: BreakerForced[] = []
  const breakers: CircuitBreaker[] = []
  let unsubscribe: (() => void)[] = []

  beforeEach(() => {
    changes.length = 0
    forces.length = 0
    unsubscribe = [
      subscribe('keelson.breaker.changed', (change) => changes.push(change)),
      subscribe('keelson.breaker.forced', (force) => forces.push(force)),
    ]
  })
  afterEach(async () => {
    for (const end of unsubscribe) end()
    for (const breaker of breakers.splice(0)) await breaker.close()
    expect(clock.pendingCount, 'timers left behind').toBe(0)
  })

  async function make(options: Partial<CircuitBreakerOptions> = {}): Promise<CircuitBreaker> {
    const breaker = await circuitBreaker({ ...names, clock, random: () => 0.5, ...options })
    breakers.push(breaker)
    return breaker
  }
  return {
    clock,
    changes,
    forces,
    make,
    async makeOpen(options) {
      const breaker = await make(options)
      complete(breaker, 'failure', 20)
      expect(breaker.state).toBe('open')
      return breaker
    },
  }
}

/** Makes calls that end at once. */
export function complete(breaker: CircuitBreaker, outcome: BreakerOutcome, count = 1): void {
  for (let call = 0; call < count; call++) breaker.report(breaker.allow(), outcome)
}
