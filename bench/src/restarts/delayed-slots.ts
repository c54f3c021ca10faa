import { createDelayProxy, type DelayProxy } from './delay-proxy.ts'

/** Port of every place. */
const slotPort = 8080

/**
 * Makes one proxy for each place of a replica: the address of a place stays, whichever replica is in it. All of
 * 127.0.0.0/8 is this machine on Linux: a network by chance is nobody else's, also while a place is closed.
 */
export function createDelayedSlots(count: number, delayMs: number): readonly DelayProxy[] {
  const network = `127.${anyByte()}.${anyByte()}`
  return Array.from({ length: count }, (_, slot) =>
    createDelayProxy({ host: `${network}.${slot + 1}`, port: slotPort }, delayMs),
  )
}

/** The proxy of a place. */
export function slotOf(slots: readonly DelayProxy[], slot: number): DelayProxy {
  const found = slots[slot]
  if (found === undefined) throw new RangeError(`There is no slot ${slot}.`)
  return found
}

function anyByte(): number {
  return 1 + Math.floor(Math.random() * 254)
}
