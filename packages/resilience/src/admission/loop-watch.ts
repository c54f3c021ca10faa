import type { Clock } from '@keelson/core/clock'

/** Period of the timer that marks the turns of the event loop, in milliseconds: half of what makes a turn a long one. */
const periodMs = 10

/** Length of an interval in milliseconds, over which the shortest turn is taken. */
const intervalMs = 100

/** Options of {@link LoopWatch}. */
export interface LoopWatchOptions {
  readonly clock: Clock
  /**
   * Called at the end of an interval in which requests were seen.
   *
   * @param shortestMs how late the timer was at least, in milliseconds: longer than this was every turn of the interval
   */
  readonly onInterval: (shortestMs: number) => void
}

/**
 * Knows for how long the event loop has not turned. A timer marks the turns: one that lasts longer than the timer's period
 * is followed by the timer, and only then are sockets read. So in a long turn the age is the time for which whatever is
 * read now has been waiting, at least. The timer runs only while requests are seen, and nothing is allocated for a request.
 */
export class LoopWatch {
  readonly #options: LoopWatchOptions
  #markedAtMs = 0
  #running = false
  #seen = false
  #intervalAtMs = 0
  #shortestMs = Number.POSITIVE_INFINITY
  readonly #mark = (): void => {
    const nowMs = this.#options.clock.monotonic()
    this.#shortestMs = Math.min(this.#shortestMs, nowMs - this.#markedAtMs - periodMs)
    if (nowMs - this.#intervalAtMs >= intervalMs) this.#closeInterval(nowMs)
    if (this.#seen) this.#start(nowMs)
    else this.#running = false
  }

  constructor(options: LoopWatchOptions) {
    this.#options = options
  }

  /**
   * Milliseconds since the last mark, 0 for the first request after a pause.
   *
   * @param nowMs monotonic
   */
  ageMs(nowMs: number): number {
    if (!this.#running) {
      this.#running = true
      this.#intervalAtMs = nowMs
      this.#shortestMs = Number.POSITIVE_INFINITY
      this.#start(nowMs)
    }
    this.#seen = true
    return nowMs - this.#markedAtMs
  }

  #start(nowMs: number): void {
    this.#seen = false
    this.#markedAtMs = nowMs
    this.#options.clock.setTimeout(this.#mark, periodMs).unref()
  }

  #closeInterval(nowMs: number): void {
    const shortestMs = this.#shortestMs
    this.#intervalAtMs = nowMs
    this.#shortestMs = Number.POSITIVE_INFINITY
    this.#options.onInterval(shortestMs)
  }
}
