import { isIP } from 'node:net'
import type { Clock } from '@keelson/core/clock'

/** One address of the receiver. */
export interface ReceiverAddress {
  readonly address: string
  readonly family: number
}

/** Asks for the addresses of a name. */
export type AddressLookup = (host: string) => Promise<readonly ReceiverAddress[]>

/** An address is used again for this long without asking. */
const keepMs = 30_000

/**
 * The address of the receiver: asked for when a link is opened, never for a message. An answer is kept for 30 s, less
 * when the link failed; when no new one can be had the last one is used, however old.
 */
export class TargetAddress {
  readonly #host: string
  readonly #lookup: AddressLookup
  readonly #clock: Clock
  #known: ReceiverAddress | undefined
  #goodUntil = 0

  constructor(host: string, lookup: AddressLookup, clock: Clock) {
    this.#host = host
    this.#lookup = lookup
    this.#clock = clock
  }

  /** @throws what `lookup` throws, when there is no earlier answer */
  async current(): Promise<ReceiverAddress> {
    const family = isIP(this.#host)
    if (family !== 0) return { address: this.#host, family }
    if (this.#known !== undefined && this.#clock.monotonic() < this.#goodUntil) return this.#known
    try {
      const [first] = await this.#lookup(this.#host)
      if (first === undefined) throw new Error(`${this.#host} has no address`)
      this.#known = first
      this.#goodUntil = this.#clock.monotonic() + keepMs
      return first
    } catch (error) {
      if (this.#known === undefined) throw error
      return this.#known
    }
  }

  /** The link failed: the next one asks again. */
  doubt(): void {
    this.#goodUntil = 0
  }
}
