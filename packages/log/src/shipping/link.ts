import type { ReceiverAddress } from './target-address.ts'
import type { ShippedMessage } from './shipping-queue.ts'

/** An open way to the receiver. */
export interface Link {
  /**
   * Hands messages to the kernel.
   *
   * @param done told once: with the error, and which messages are not in the kernel
   */
  send(
    messages: readonly ShippedMessage[],
    done: (error: Error | undefined, unsent: readonly ShippedMessage[]) => void,
  ): void
  /** Lets what was handed over leave, then ends the link. */
  close(): Promise<void>
  /** Ends the link at once. */
  destroy(): void
}

/** Opens a link; `onLost` is told once when it breaks without a `send`. */
export type OpenLink = (address: ReceiverAddress, onLost: () => void) => Promise<Link>
