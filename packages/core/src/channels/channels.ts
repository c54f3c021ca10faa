import diagnostics from 'node:diagnostics_channel'
import type { ChannelName, ChannelPayloads } from './payloads.ts'

/** A typed view of one channel of `node:diagnostics_channel`. */
export interface TypedChannel<Payload> {
  /** Whether anybody listens: payloads need not be built otherwise. */
  readonly hasSubscribers: boolean
  publish(payload: Payload): void
}

// Count of what subscribers threw, by channel; module state as STYLE §3 allows for the channels.
const failures = new Map<ChannelName, number>()

/** The channel of a name; the same object every time, cheap to keep. */
export function channel<Name extends ChannelName>(name: Name): TypedChannel<ChannelPayloads[Name]> {
  // Payload types are declared once, in payloads.ts; every publisher and subscriber passes through this file.
  return diagnostics.channel(name)
}

/**
 * Listens to a channel. What the listener throws is caught and counted ({@link subscriberFailureCount}): Node would
 * otherwise raise it as an uncaught error and end the process for the sake of a metric or a log line.
 *
 * @returns a function that ends the subscription
 */
export function subscribe<Name extends ChannelName>(
  name: Name,
  listener: (payload: ChannelPayloads[Name]) => void,
): () => void {
  const guarded = (payload: unknown) => {
    try {
      listener(payload as ChannelPayloads[Name]) // see `channel` on the type
    } catch {
      failures.set(name, (failures.get(name) ?? 0) + 1)
    }
  }
  diagnostics.subscribe(name, guarded)
  return () => {
    diagnostics.unsubscribe(name, guarded)
  }
}

/** How often subscribers of a channel have thrown since the process started. */
export function subscriberFailureCount(name: ChannelName): number {
  return failures.get(name) ?? 0
}
