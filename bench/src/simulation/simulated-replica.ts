import { KeelsonError } from '@keelson/core/errors'
import type { Attempt } from '@keelson/resilience'
import type { SimulatedClock } from './simulated-clock.ts'

/** What is wrong with a replica. */
export type ReplicaFault = 'none' | 'refused' | 'black hole' | '503' | 'slow x20'

/** Requests that one replica works on at a time, and how long one takes on average, in milliseconds: 167 per second. */
const workerCount = 5
const serviceMs = 30

/** Time in milliseconds that a replica takes to start again. */
const fallMs = 1_000

/** What a replica that has just come back lacks. */
export interface Cold {
  /** Time in milliseconds in which it takes three times as long for everything, as one that must make its connections and compile its code. */
  readonly forMs?: number
  /**
   * Requests that must end while somebody waits for them before it is as fast as ever; the first takes ten times as long. A cache that
   * must fill, and that keeps nothing of work whose caller has gone.
   */
  readonly forRequests?: number
  /** Requests that wait for it at which it falls over while it is cold: it refuses all for a second, and comes back as cold as before. */
  readonly fallsAt?: number
}

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
  /** Times that it fell over. */
  fallCount = 0
  #cold: Cold = {}
  #fallenUntilMs = 0
  #coldUntilMs = 0
  #coldRequests = 0
  #missingRequests = 0
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

  /** Requests that it works on or that wait for it; `Infinity` when it is not well. */
  get load(): number {
    return this.fault === 'none' ? this.#busyCount + this.#queue.length : Infinity
  }

  /** Begins to be cold, or warm again. */
  chill(cold: Cold): void {
    const { forMs = 0, forRequests = 0 } = cold
    this.#cold = cold
    this.#fallenUntilMs = 0
    this.#coldUntilMs = this.#clock.now() + forMs
    this.#coldRequests = forRequests
    this.#missingRequests = forRequests
  }

  /** @throws KEELSON_SIMULATION_REFUSED, KEELSON_SIMULATION_FAILED, KEELSON_SIMULATION_SHED */
  handle(attempt: Pick<Attempt, 'onAbort'>): Promise<void> {
    this.arrivalCount += 1
    return new Promise((resolve, reject) => {
      const fail = (code: string) => this.#after(wireMs, () => reject(new KeelsonError(code, 'Simulated.')))
      if (this.fault === 'refused' || this.#clock.now() < this.#fallenUntilMs)
        fail('KEELSON_SIMULATION_REFUSED')
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
        // Exponential, but never more than eight times the mean: a server has its own time limit.
        const durationMs = serviceMs * this.#slowness() * Math.min(8, -Math.log(1 - this.#random()))
        this.#after(durationMs, () => {
          this.#busyCount -= 1
          if (!work.isCancelled && this.#missingRequests > 0) this.#missingRequests -= 1
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
    this.#fallWhenCrowded()
  }

  #fallWhenCrowded(): void {
    const { fallsAt = Infinity } = this.#cold
    if (this.#slowness() === 1 || this.#queue.filter(({ isCancelled }) => !isCancelled).length < fallsAt)
      return
    // Who waited hears nothing more of it; who is worked on still gets an answer, which changes little.
    this.#queue.length = 0
    this.chill(this.#cold)
    this.fallCount += 1
    this.#fallenUntilMs = this.#clock.now() + fallMs
    this.#coldUntilMs += fallMs
  }

  #slowness(): number {
    const fault = this.fault === 'slow x20' ? 20 : 1
    const young = this.#clock.now() < this.#coldUntilMs ? 3 : 1
    const empty = this.#coldRequests === 0 ? 0 : this.#missingRequests / this.#coldRequests
    return fault * young * (1 + 9 * empty)
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
