import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import type { Clock } from '@keelson/core/clock'
import type { CallScope } from './call-scope.ts'

/** How many calls may be in flight to one dependency. */
export interface BulkheadPolicy {
  /**
   * Calls in flight at most.
   *
   * @range whole number, 1 to 100,000
   * @defaultValue 200
   */
  readonly maxConcurrent?: number
  /**
   * Calls that may wait for one of them to end, each at most until its deadline.
   *
   * @range whole number, 0 to 1,000,000
   * @defaultValue 0; 1,000 in the profile `batch`
   */
  readonly maxQueue?: number
}

/** The numbers of a bulkhead for which nothing else is said. */
export const bulkheadDefaults: Required<BulkheadPolicy> = Object.freeze({ maxConcurrent: 200, maxQueue: 0 })

const unlimited: Required<BulkheadPolicy> = Object.freeze({ maxConcurrent: Infinity, maxQueue: 0 })

/** @throws KEELSON_RESILIENCE_OPTIONS_INVALID */
export function checkBulkheadPolicy(policy: BulkheadPolicy): void {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'bulkhead', policy, {
    maxConcurrent: optionRules.number({ min: 1, max: 100_000, integer: true }),
    maxQueue: optionRules.number({ min: 0, max: 1_000_000, integer: true }),
  })
}

interface Waiter {
  readonly enter: () => void
}

/** Bounds the calls in flight, so that one slow dependency cannot hold all the memory and sockets of the service. */
export class Bulkhead {
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  #policy: Required<BulkheadPolicy>
  #inFlight = 0

  /** @param policy checked; `false` lets every call in, and counts it */
  constructor(policy: Required<BulkheadPolicy> | false, clock: Clock) {
    this.#policy = policy === false ? unlimited : policy
    this.#clock = clock
  }

  /** Takes other numbers from now on. Calls that wait enter as far as there is room for them. */
  update(policy: Required<BulkheadPolicy> | false): void {
    this.#policy = policy === false ? unlimited : policy
    while (this.#inFlight < this.#policy.maxConcurrent && this.#waiters.size > 0) {
      this.#inFlight += 1
      this.#admitNext()
    }
  }

  /** Whether the next call has to wait, or is refused. */
  get full(): boolean {
    return this.#inFlight >= this.#policy.maxConcurrent
  }

  /** Calls waiting for a place. */
  get queued(): number {
    return this.#waiters.size
  }

  /**
   * Takes a place, for which {@link leave} must be called. Gives a promise only when the call has to wait.
   *
   * @throws KEELSON_RESILIENCE_BULKHEAD_FULL synchronously; from the promise KEELSON_RESILIENCE_DEADLINE_EXCEEDED,
   * KEELSON_RESILIENCE_CANCELLED
   */
  enter(scope: CallScope): Promise<void> | undefined {
    const { maxConcurrent, maxQueue } = this.#policy
    if (!this.full) {
      this.#inFlight += 1
      return undefined
    }
    if (this.#waiters.size < maxQueue) return this.#wait(scope)
    throw new KeelsonError(
      'KEELSON_RESILIENCE_BULKHEAD_FULL',
      `${this.#inFlight} calls to ${scope.dependency} are in flight already: the call was not made. Find out why it is slow, or raise bulkhead.maxConcurrent.`,
      { statusCode: 503, details: { dependency: scope.dependency, maxConcurrent, maxQueue } },
    )
  }

  /** Gives a place back; the call that has waited longest takes it over. */
  leave(): void {
    // The place is nobody's when there are fewer of them than before.
    if (this.#waiters.size === 0 || this.#inFlight > this.#policy.maxConcurrent) this.#inFlight -= 1
    else this.#admitNext()
  }

  #admitNext(): void {
    const [next] = this.#waiters
    if (next === undefined) return
    this.#waiters.delete(next)
    next.enter()
  }

  #wait(scope: CallScope): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (error: KeelsonError) => {
        this.#waiters.delete(waiter)
        this.#clock.clearTimeout(timer)
        scope.offCancel(giveUp)
        reject(error)
      }
      const waiter: Waiter = {
        enter: () => {
          this.#clock.clearTimeout(timer)
          scope.offCancel(giveUp)
          resolve()
        },
      }
      this.#waiters.add(waiter)
      const { remainingMs } = scope
      const timer =
        remainingMs === Infinity
          ? undefined
          : this.#clock.setTimeout(() => giveUp(scope.deadlineError()), remainingMs)
      scope.onCancel(giveUp)
    })
  }
}
