import { EventEmitter } from 'node:events'
import Opossum from 'opossum'

/** The states of opossum. Being isolated is a matter of the breaker above it. */
export type MachineState = 'closed' | 'open' | 'half-open'

/** The state machine of a circuit breaker. It only changes when it is told to. */
export interface BreakerMachine {
  readonly state: MachineState
  open(): void
  halfOpen(): void
  close(): void
  /** Ends it: no timer and no listener of it is left. */
  shutdown(): void
}

/** The longest delay that a timer of Node takes: opossum's own way to half-open, which knows no clock, never comes. */
const neverMs = 2 ** 31 - 1

/**
 * Makes a closed state machine on opossum.
 *
 * What is used of opossum is its states and their forcing. Its `fire()` is not, because its counting, its time-out,
 * its semaphore and its single probe are unsafe for HTTP: ratio over calls in flight, one abort controller for all
 * calls, local rejections that count as failures, a stale success that closes (opossum 10.0.0, read and measured 2026-11).
 *
 * @param name shown in what opossum says of itself
 */
export function createBreakerMachine(name: string): BreakerMachine {
  // Never emits: opossum would otherwise run a timer per breaker to turn a window that is not used.
  const rotation = new EventEmitter()
  let circuit = createCircuit(name, rotation, false)
  return {
    get state() {
      return circuit.closed ? 'closed' : circuit.halfOpen ? 'half-open' : 'open'
    },
    open: () => {
      circuit.open()
    },
    // opossum goes to half-open by its own timer alone; its `state` option makes one that is there already.
    halfOpen: () => {
      circuit.shutdown()
      circuit = createCircuit(name, rotation, true)
    },
    close: () => {
      circuit.close()
    },
    shutdown: () => {
      circuit.shutdown()
    },
  }
}

function createCircuit(name: string, rotation: EventEmitter, halfOpen: boolean): Opossum {
  // A fresh object each time: opossum writes into the one it is given.
  const options = {
    name,
    timeout: false as const,
    resetTimeout: neverMs,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    rotateBucketController: rotation,
    // Absent from @types/opossum 8.1.9, documented in opossum's README ("Serverless").
    state: { closed: !halfOpen, halfOpen },
  }
  return new Opossum(() => Promise.resolve(), options)
}
