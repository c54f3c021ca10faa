import type { Clock, TimerHandle } from '@keelson/core/clock'

/** A timer that fires later than this, in milliseconds, was held up by this process (measured: facts of 2026-11). */
const lateMs = 20

/** Turns of the event loop given to answers that wait in the socket's buffer: each turn polls once. */
const graceTurns = 3

/** Ends an attempt in time, without blaming the dependency for a blocked event loop. */
export interface AttemptTimer {
  /** Stops the timer; it will not call back any more. */
  cancel(): void
}

/**
 * Starts the timer of one attempt.
 *
 * A timer of Node that falls due while the event loop is blocked fires before the loop reads its sockets: with a loop
 * blocked for 400 ms and a limit of 300 ms every answer that had arrived was thrown away (measured 2026-11). So a timer
 * that fires late lets the loop poll before it decides.
 *
 * @param limitMs milliseconds
 * @param onTimeout called at most once; `stalled` says that this process was held up itself
 */
export function startAttemptTimer(
  clock: Clock,
  limitMs: number,
  onTimeout: (stalled: boolean) => void,
): AttemptTimer {
  return new StallProofTimer(clock, limitMs, onTimeout)
}

class StallProofTimer implements AttemptTimer {
  readonly #clock: Clock
  readonly #dueAt: number
  readonly #onTimeout: (stalled: boolean) => void
  readonly #timer: TimerHandle
  #turnsLeft = graceTurns
  #cancelled = false

  constructor(clock: Clock, limitMs: number, onTimeout: (stalled: boolean) => void) {
    this.#clock = clock
    this.#dueAt = clock.monotonic() + limitMs
    this.#onTimeout = onTimeout
    this.#timer = clock.setTimeout(() => this.#fire(), limitMs)
  }

  cancel(): void {
    this.#cancelled = true
    this.#clock.clearTimeout(this.#timer)
  }

  #fire(): void {
    if (this.#clock.monotonic() - this.#dueAt <= lateMs) this.#onTimeout(false)
    else setImmediate(() => this.#turn())
  }

  #turn(): void {
    if (this.#cancelled) return
    this.#turnsLeft -= 1
    if (this.#turnsLeft > 0) setImmediate(() => this.#turn())
    else this.#onTimeout(true)
  }
}
