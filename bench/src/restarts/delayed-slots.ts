import { createDelayProxy, type DelayProxy } from './delay-proxy.ts'
import { loopbackAddresses } from './loopback-address.ts'

/** Makes one proxy for each place of a replica: the address of a place stays, whichever replica is in it. */
export function createDelayedSlots(count: number, delayMs: number): readonly DelayProxy[] {
  return loopbackAddresses(count).map((address) => createDelayProxy(address, delayMs))
}

/** The proxy of a place. */
export function slotOf(slots: readonly DelayProxy[], slot: number): DelayProxy {
  const found = slots[slot]
  if (found === undefined) throw new RangeError(`There is no slot ${slot}.`)
  return found
}
