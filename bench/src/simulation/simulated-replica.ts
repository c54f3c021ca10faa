import { KeelsonError } from '@keelson/core/errors'
import type { Attempt } from '@keelson/resilience'
import type { SimulatedClock } from './simulated-clock.ts'

/** What is wrong with a replica. */
export type ReplicaFault = 'none' | 'refused' | 'black hole' | '503' | 'slow x20'

/** Requests that one replica works on at a time, and how long one takes on average, in milliseconds: 167 per second. */
const workerCount = 5
const serviceMs = 30

/** Longest wait in milliseconds that admission lets in: the bound of the backlog that keelson's servers have. */
const backlogMs = 100

/** Time on the wire, there and back, in milliseconds. */
const wireMs = 1

/** Requests per second that one replica can do. */
export const replicaCapacity: number = (workerCount * 1_000) / serviceMs

interface Work {
  readonly begin: () => void
  isCancelled: boolean
}

/** A server with a few workers and a queue. */
export class SimulatedReplica {
  fault: ReplicaFault = 'none'
  /** Requests that came in. */
  arrivalCount = 0
  readonly #clock: SimulatedClock
  readonly #random: () => number
  readonly #admits: boolean
  readonly #queue: Work[] = []
  #busyCount = 0

  /** @param admits whether it refuses what would wait too long */
  constructor(clock: SimulatedClock, random: () => number, admits: boolean) {
    this.#clock = clock
    this.#random = random
    this.#admits = admits
  }

  /** @throws KEELSON_SIMULATION_REFUSED, KEELSON_SIMULATION_FAILED, KEELSON_SIMULATION_SHED */
  handle(attempt: Pick<Attempt, 'onAbort'>): Promise<void> {
    this.arrivalCount += 1
    return new Promise((resolve, reject) => {
      const fail = (code: string) => this.#after(wireMs, () => reject(new KeelsonError(code, 'Simulated.')))
      if (this.fault === 'refused') fail('KEELSON_SIMULATION_REFUSED')
      else if (this.fault === '503') fail('KEELSON_SIMULATION_FAILED')
      else if (this.#admits && (this.#queue.length * serviceMs) / workerCount > backlogMs) {
        fail('KEELSON_SIMULATION_SHED')
      } else if (this.fault !== 'black hole') this.#enqueue(attempt, resolve)
    })
  }

  #enqueue(attempt: Pick<Attempt, 'onAbort'>, resolve: () => void): void {
    const work: Work = {
      isCancelled: false,
      begin: () => {
        this.#busyCount += 1
        const slowness = this.fault === 'slow x20' ? 20 : 1
        // Exponential, but never more than eight times the mean: a server has its own time limit.
        const durationMs = serviceMs * slowness * Math.min(8, -Math.log(1 - this.#random()))
        this.#after(durationMs, () => {
          this.#busyCount -= 1
          this.#beginNext()
          this.#after(wireMs, resolve)
        })
      },
    }
    attempt.onAbort(() => {
      work.isCancelled = true
    })
    this.#queue.push(work)
    this.#beginNext()
  }

  #beginNext(): void {
    while (this.#busyCount < workerCount) {
      const next = this.#queue.shift()
      if (next === undefined) return
      if (!next.isCancelled) next.begin()
    }
  }

  #after(delayMs: number, callback: () => void): void {
    this.#clock.setTimeout(callback, delayMs)
  }
}
