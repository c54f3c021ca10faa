import type { Clock } from '../clock/index.ts'

/** How often the event loop is looked at, in milliseconds: 20 times a second cost some 0.1 ms of CPU. */
const beatMs = 50

/** A beat that comes later than this, in milliseconds, was held up: ordinary work of a turn is not told apart from the timer's own grain. */
const leastLagMs = 20

/** Turns of the loop after a late beat in which requests are read that have waited: one for open connections, one for new ones. */
const readingTurns = 2

/**
 * How long requests that are read now may have waited for the event loop. While it is blocked, requests lie in the buffers of the
 * kernel, and the time that their callers gave them runs. A timer that falls due meanwhile fires before the sockets are read, and
 * knows by how much it is late.
 */
export class LoopLag {
  readonly #clock: Clock
  #dueAtMs = 0
  #lagMs = 0
  #started = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds, 0 most of the time. Begins to look at the first call: a service that is given no deadlines pays nothing. */
  get valueMs(): number {
    if (!this.#started) {
      this.#started = true
      this.#wait()
    }
    return this.#lagMs
  }

  #wait(): void {
    this.#dueAtMs = this.#clock.monotonic() + beatMs
    this.#clock.setTimeout(() => this.#beat(), beatMs).unref()
  }

  #beat(): void {
    const lateMs = this.#clock.monotonic() - this.#dueAtMs
    if (lateMs > leastLagMs) {
      this.#lagMs = lateMs
      setImmediate(() => this.#forgetAfter(readingTurns))
    }
    this.#wait()
  }

  #forgetAfter(turns: number): void {
    if (turns > 1) setImmediate(() => this.#forgetAfter(turns - 1))
    else this.#lagMs = 0
  }
}
