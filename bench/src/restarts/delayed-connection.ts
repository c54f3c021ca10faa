import { connect, type Socket } from 'node:net'
import type { Address } from './loopback-address.ts'

/**
 * Joins an accepted connection with one to this address; what either brings arrives at the other a little
 * later, its end or reset included.
 *
 * @param delayMs one way
 * @returns both sockets
 */
export function joinDelayed(near: Socket, target: Address, delayMs: number): readonly [Socket, Socket] {
  const far = connect({ ...target, allowHalfOpen: true, noDelay: true })
  pass(near, far, delayMs)
  pass(far, near, delayMs)
  return [near, far]
}

/** Passes what one socket brings to the other, in order: timers of the same length fire in the order of their making. */
function pass(from: Socket, to: Socket, delayMs: number): void {
  const later = (action: () => void) => setTimeout(action, delayMs)
  from.on('data', (chunk) => later(() => to.write(chunk)))
  from.once('end', () => later(() => to.end()))
  from.once('error', () => later(() => to.resetAndDestroy()))
  // Writing into a connection that has gone says so on both handlers.
  from.on('error', () => undefined)
  from.once('close', () => later(() => to.destroySoon()))
}
