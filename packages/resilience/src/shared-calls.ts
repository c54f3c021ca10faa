import type { Clock } from '@keelson/core/clock'
import type { KeelsonError } from '@keelson/core/errors'
import { CallScope } from './call-scope.ts'
import { CallTally, outcomeOf } from './call-tally.ts'

/** Makes the call that several wait for: opens its scope, of as many milliseconds, and counts in its tally. */
type SharedOperation<Shared> = (scope: (timeoutMs: number) => CallScope, tally: CallTally) => Promise<Shared>

/** One operation under way, and those who wait for it. */
interface Flight {
  readonly result: Promise<unknown>
  readonly tally: CallTally
  /** Ends it: nobody waits any more. */
  readonly abandon: () => void
  waiterCount: number
  hasEnded: boolean
}

/**
 * Lets calls of one key share an operation. It has a scope of its own, so that the caller who happened to come first, with
 * little time or a signal that is aborted, does not end it for the others.
 */
export class SharedCalls {
  readonly #options: { readonly dependency: string; readonly clock: Clock }
  readonly #flights = new Map<string, Flight>()

  constructor(options: { readonly dependency: string; readonly clock: Clock }) {
    this.#options = options
  }

  /**
   * Waits for the operation of a key, which is begun when none is under way.
   *
   * @param tally counts the attempts, if it is this call that began them
   * @throws what the operation throws; KEELSON_RESILIENCE_DEADLINE_EXCEEDED, KEELSON_RESILIENCE_CANCELLED
   */
  async join<Shared>(
    key: string,
    scope: CallScope,
    tally: CallTally,
    operation: SharedOperation<Shared>,
  ): Promise<Shared> {
    if (scope.ended !== undefined) throw scope.ended
    const known = this.#flights.get(key)
    const flight = known ?? this.#begin(key, operation)
    flight.waiterCount += 1
    try {
      const shared = await this.#wait(scope, flight.result)
      tally.outcome = 'success'
      return shared as Shared // operations of one key give one type
    } catch (error) {
      tally.outcome = flight.hasEnded ? flight.tally.outcome : outcomeOf(error)
      throw error
    } finally {
      // Attempts count once, for the call that began them.
      if (known === undefined) tally.attemptCount = flight.tally.attemptCount
      flight.waiterCount -= 1
      if (flight.waiterCount === 0 && !flight.hasEnded) flight.abandon()
    }
  }

  #begin(key: string, operation: SharedOperation<unknown>): Flight {
    const { dependency, clock } = this.#options
    const controller = new AbortController()
    const tally = new CallTally()
    let scope: CallScope | undefined
    const open = (timeoutMs: number) => {
      const deadlineAt = clock.monotonic() + timeoutMs
      scope = new CallScope({ dependency, clock, deadlineAt, signals: [controller.signal] })
      return scope
    }
    const forget = () => {
      // Another one of the key may have begun since this one was abandoned.
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    const result = operation(open, tally).finally(() => {
      flight.hasEnded = true
      forget()
      scope?.dispose()
    })
    // Everybody may have gone by the time it fails.
    result.catch(() => undefined)
    const abandon = () => {
      forget()
      controller.abort()
    }
    const flight: Flight = { result, tally, abandon, waiterCount: 0, hasEnded: false }
    this.#flights.set(key, flight)
    return flight
  }

  #wait(scope: CallScope, result: Promise<unknown>): Promise<unknown> {
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const giveUp = (error: KeelsonError) => {
        clock.clearTimeout(timer)
        scope.offCancel(giveUp)
        reject(error)
      }
      const { remainingMs } = scope
      const timer =
        remainingMs === Infinity
          ? undefined
          : clock.setTimeout(() => giveUp(scope.deadlineError()), remainingMs)
      const end = () => {
        clock.clearTimeout(timer)
        scope.offCancel(giveUp)
      }
      scope.onCancel(giveUp)
      void result.then(resolve, reject).finally(end)
    })
  }
}
