import { readFileSync } from 'node:fs'
import { systemClock, type Clock } from '@keelson/core/clock'
import { createResolver } from '@keelson/core/dns'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import { parseGelfUrl, type GelfTarget } from './gelf-target.ts'
import type { OpenLink } from './link.ts'
import { PersistentAdapter } from './persistent-adapter.ts'
import type { GelfShippingStats } from './shipping-counts.ts'
import { streamLink } from './stream-link.ts'
import type { AddressLookup } from './target-address.ts'
import { udpLink } from './udp-link.ts'

/** Forms of compression that Graylog's UDP input knows by their first bytes. */
export type GelfCompression = 'none' | 'gzip' | 'zlib'

/** What an adapter tells while it ships. */
export interface GelfShipped {
  readonly isConnected: boolean
  /** Messages and bytes that the kernel took since the last time. */
  readonly count: number
  readonly bytes: number
}

/** Options of {@link createGelfAdapter}. */
export interface GelfAdapterOptions {
  /** Receiver: `udp://host:port`, `tcp://…` or `tls://…`; port 12201 when none is given. */
  readonly url: string
  /** Authority that signed the certificate of the receiver, PEM. @defaultValue those that Node trusts */
  readonly ca?: string
  /** File of that authority, read anew for every connection: it may be renewed. Not together with `ca`. */
  readonly caFile?: string
  /**
   * How messages that do not fit one datagram are packed before they are cut into chunks, over UDP only. It costs ten
   * times the CPU of sending them plain, and saves the network two thirds.
   *
   * @defaultValue 'none'
   */
  readonly compression?: GelfCompression
  /**
   * Messages that wait at most; beyond that the oldest are dropped, warnings and above last.
   *
   * @range 1 to 1,000,000
   * @defaultValue 10,000
   */
  readonly maxQueueCount?: number
  /**
   * Bytes that wait at most.
   *
   * @range 65,536 to 1,073,741,824
   * @defaultValue 8,388,608
   */
  readonly maxQueueBytes?: number
  /**
   * How long {@link GelfAdapter.close} tries to deliver what waits. Milliseconds.
   *
   * @range 0 to 60,000
   * @defaultValue 2,000
   */
  readonly closeTimeoutMs?: number
  /**
   * Told how many messages were dropped since the last time, and why (`ship-queue-full`, `ship-too-large`, `ship-closed`):
   * at once, then every ten seconds, and at the end. The counts add up exactly.
   */
  readonly onDropped?: (reason: string, count: number) => void
  /** Told after each batch what the kernel took since the last time, and when the connection comes or goes. */
  readonly onShipped?: (shipped: GelfShipped) => void
  /** Source of time. @defaultValue the real one */
  readonly clock?: Clock
  /** From 0 up to 1. @defaultValue `Math.random` */
  readonly random?: () => number
  /** Asks for addresses of a name. @defaultValue the resolver of `@keelson/core/dns` */
  readonly lookup?: AddressLookup
}

/** Values that stand for missing {@link GelfAdapterOptions}. */
export const gelfAdapterDefaults: Readonly<{
  compression: GelfCompression
  maxQueueCount: number
  maxQueueBytes: number
  closeTimeoutMs: number
}> = Object.freeze({
  compression: 'none',
  maxQueueCount: 10_000,
  maxQueueBytes: 8 * 1024 * 1024,
  closeTimeoutMs: 2000,
})

/** An adapter for gelf-pro that keeps one socket. */
export interface GelfAdapter {
  /**
   * Takes a message for delivery. Never throws and never waits.
   *
   * @param message one GELF message as JSON
   * @param callback told once: the number of bytes when the kernel took the message, or the error when it was dropped; what it throws is ignored
   */
  send(message: string, callback?: (error?: Error, bytes?: number) => void): void
  /** What was done so far. */
  stats(): GelfShippingStats
  /** Delivers what waits, within `closeTimeoutMs`, and ends the connection. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const code = 'KEELSON_LOG_OPTIONS_INVALID'

/**
 * Makes an adapter for gelf-pro, or for direct use: one socket and one handshake for all messages, names resolved once
 * a connection, a bounded queue while the receiver is away, and reconnection with jitter.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID
 * @example
 * const adapter = createGelfAdapter({ url: 'tcp://graylog:12201' })
 * // with gelf-pro: Object.assign(gelf, { adapter })
 * adapter.send('{"version":"1.1","host":"h","short_message":"hello"}')
 * await adapter.close()
 */
export function createGelfAdapter(options: GelfAdapterOptions): GelfAdapter {
  checkOptions(code, 'gelfAdapter', options, {
    url: optionRules.string,
    ca: optionRules.string,
    caFile: optionRules.string,
    compression: optionRules.oneOf('none', 'gzip', 'zlib'),
    maxQueueCount: optionRules.number({ min: 1, max: 1_000_000, integer: true }),
    maxQueueBytes: optionRules.number({ min: 65_536, max: 2 ** 30, integer: true }),
    closeTimeoutMs: optionRules.number({ min: 0, max: 60_000 }),
    onDropped: optionRules.function,
    onShipped: optionRules.function,
    clock: optionRules.object,
    random: optionRules.function,
    lookup: optionRules.function,
  })
  // Without types, callers can leave out what is required.
  const target = parseGelfUrl(options.url ?? '')
  if (target === undefined) {
    throw new KeelsonError(
      code,
      'gelfAdapter.url is no address of a receiver. It takes udp://host:port, tcp://host:port or tls://host:port.',
      { details: { path: 'gelfAdapter.url' } },
    )
  }
  const settings = {
    ...gelfAdapterDefaults,
    ...options,
    lookup: options.lookup ?? resolverOf(options.clock ?? systemClock),
  }
  return new PersistentAdapter(target, settings, linksTo(target, options))
}

function linksTo(target: GelfTarget, options: GelfAdapterOptions): OpenLink {
  const { compression = gelfAdapterDefaults.compression } = options
  const path = 'gelfAdapter.compression'
  if (target.transport === 'udp') return udpLink(target, compression)
  if (compression !== 'none') {
    throw new KeelsonError(code, `${path} is for udp:// alone: Graylog's other inputs take plain messages.`, {
      details: { path },
    })
  }
  return streamLink(target, authorityOf(options))
}

/** Gives the authority to trust, as it is now. A file must be readable once, at the start; later the last good one holds. */
function authorityOf({ ca, caFile }: GelfAdapterOptions): () => string | undefined {
  if (caFile === undefined) return () => ca
  const path = 'gelfAdapter.caFile'
  if (ca !== undefined) {
    throw new KeelsonError(code, `${path} and gelfAdapter.ca say the same. Give one of them.`, {
      details: { path },
    })
  }
  let known: string
  try {
    known = readFileSync(caFile, 'utf8')
  } catch (cause) {
    throw new KeelsonError(code, `${path} cannot be read: ${caFile}. Give the path of a PEM file.`, {
      cause,
      details: { path },
    })
  }
  return () => {
    try {
      known = readFileSync(caFile, 'utf8')
    } catch {
      // A secret that is being mounted anew: the one before is as good as it was.
    }
    return known
  }
}

function resolverOf(clock: Clock): AddressLookup {
  const resolver = createResolver({ service: 'gelf-shipping', clock })
  return (host) => resolver.resolve(host)
}
