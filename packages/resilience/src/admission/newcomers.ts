import type { Clock } from '@keelson/core/clock'

/** Longest time in milliseconds for which sockets are read before those that have come are looked after. */
const longestLookMs = 2

/** Options of {@link Newcomers}. */
export interface NewcomersOptions {
  readonly clock: Clock
  /** Calls back in the next turn of the event loop, after sockets were read. */
  readonly defer: (callback: () => void) => void
  /** Called when nobody is left here. */
  readonly onEmpty: () => void
}

/**
 * The first requests of their connections. How long they have been waiting in the kernel nobody knows: one connection is
 * accepted a turn of the event loop (libuv since 1.47), and where each turn ends with a handler that computes, callers wait for
 * as many handlers as there are connections before theirs, and then have given up. So a newcomer is started one
 * turn after it was read: whoever has left is seen by then, at the price of a turn in place of a handler. And while
 * every turn brings another newcomer there are turns without handlers, so that all are seen by who decides about them.
 */
export class Newcomers {
  readonly #options: NewcomersOptions
  #entries: (() => void)[] = []
  /** So many of them were there when sockets were read. */
  #readCount = 0
  #sinceMs = 0
  readonly #look = (): void => {
    const { clock, defer } = this.#options
    const nowMs = clock.monotonic()
    const count = this.#entries.length
    if (count > this.#readCount && (this.#readCount === 0 || nowMs - this.#sinceMs < longestLookMs)) {
      this.#readCount = count
      defer(this.#look)
      return
    }
    const entering = this.#entries.splice(0, this.#readCount)
    this.#readCount = this.#entries.length
    this.#sinceMs = nowMs
    if (this.#readCount > 0) defer(this.#look)
    for (const enter of entering) enter()
    if (this.#entries.length === 0) this.#options.onEmpty()
  }

  constructor(options: NewcomersOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.length
  }

  /** @param enter called once when it is known whether its caller is still there */
  add(enter: () => void): void {
    this.#entries.push(enter)
    if (this.#entries.length > 1) return
    this.#readCount = 0
    this.#sinceMs = this.#options.clock.monotonic()
    this.#options.defer(this.#look)
  }
}
