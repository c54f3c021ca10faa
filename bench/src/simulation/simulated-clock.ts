import type { Clock, TimerHandle } from '@keelson/core/clock'

interface Timer extends TimerHandle {
  dueMs: number
  readonly order: number
  callback: (() => void) | undefined
}

/** Time that jumps from one timer to the next, in a heap: a simulated second costs what happens in it. */
export class SimulatedClock implements Clock {
  readonly #heap: Timer[] = []
  #nowMs = 0
  #order = 0

  readonly now = (): number => this.#nowMs
  readonly monotonic = (): number => this.#nowMs

  readonly setTimeout = (callback: () => void, delayMs: number): TimerHandle => {
    const timer: Timer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      unref: () => {},
    }
    this.#heap.push(timer)
    this.#rise(this.#heap.length - 1)
    return timer
  }

  /** The timer stays in its place and does nothing: finding it would cost more. */
  readonly clearTimeout = (handle: TimerHandle | undefined): void => {
    if (handle !== undefined) (handle as Timer).callback = undefined // every handle was made above
  }

  /** Runs everything that falls due up to a moment; promises are followed between two timers. */
  async runUntil(endMs: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.dueMs <= endMs; next = this.#heap[0]) {
      this.#take()
      if (next.callback === undefined) continue
      this.#nowMs = next.dueMs
      next.callback()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#nowMs = endMs
  }

  #take(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #rise(start: number): void {
    let index = start
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(index, parent)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  #sink(start: number): void {
    let index = start
    for (;;) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child
      }
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return false
    return first.dueMs < second.dueMs || (first.dueMs === second.dueMs && first.order < second.order)
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return
    this.#heap[a] = second
    this.#heap[b] = first
  }
}
