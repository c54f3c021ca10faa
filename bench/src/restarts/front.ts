import { startDirectFront } from './direct-front.ts'
import { startHaproxyFront } from './haproxy-front.ts'
import type { Address } from './loopback-address.ts'
import { startNginxFront, startNginxServiceFront } from './nginx-front.ts'

/** What stands between clients and replicas. */
export type FrontName = 'direct' | 'nginx' | 'nginx-service' | 'haproxy'

/** All of them. */
export const frontNames: readonly FrontName[] = ['direct', 'nginx', 'nginx-service', 'haproxy']

/** Programs that a front cannot do without. */
export function programsOf(name: FrontName): readonly string[] {
  if (name === 'direct') return []
  return [name === 'haproxy' ? 'haproxy' : 'nginx']
}

/** Places for replicas: three, and one for the replica that comes before the old one goes. */
export const slotCount = 4

/** The list of endpoints of a balancer, and the way to it. */
export interface Front extends AsyncDisposable {
  /** Where the next connection of a client goes. */
  nextAddress(): Address
  /** Adds the replica at this address to the list. */
  put(slot: number, replica: Address): Promise<void>
  /** Takes it from the list; connections that exist stay. */
  take(slot: number): Promise<void>
}

/** Starts a front with an empty list. */
export function startFront(name: FrontName, delayMs: number): Promise<Front> {
  return starters[name](slotCount, delayMs)
}

const starters: Readonly<Record<FrontName, (slotCount: number, delayMs: number) => Promise<Front>>> = {
  direct: startDirectFront,
  nginx: startNginxFront,
  'nginx-service': (_slotCount, delayMs) => startNginxServiceFront(delayMs),
  // Nothing is delayed here: HAProxy is to see for itself that a replica refuses a connection.
  haproxy: startHaproxyFront,
}
