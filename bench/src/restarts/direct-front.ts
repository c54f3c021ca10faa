import { createDelayedSlots, slotOf } from './delayed-slots.ts'
import type { Front } from './front.ts'
import type { Address } from './loopback-address.ts'

/** A balancer of connections, as the address of a Kubernetes service is: each goes to an endpoint of the list, by chance. */
export async function startDirectFront(slotCount: number, delayMs: number): Promise<Front> {
  const slots = createDelayedSlots(slotCount, delayMs)
  const listed = new Map<number, Address>()
  return {
    nextAddress() {
      const addresses = [...listed.values()]
      const address = addresses[Math.floor(Math.random() * addresses.length)]
      if (address === undefined) throw new Error('No replica is listed.')
      return address
    },
    async put(slot, replica) {
      const proxy = slotOf(slots, slot)
      await proxy.open(replica)
      listed.set(slot, proxy.address)
    },
    async take(slot) {
      listed.delete(slot)
    },
    async [Symbol.asyncDispose]() {
      for (const proxy of slots) await proxy[Symbol.asyncDispose]()
    },
  }
}
