import type { Clock } from '@keelson/core/clock'
import {
  createGelfAdapter,
  type GelfAdapter,
  type GelfAdapterOptions,
  type GelfCompression,
} from './gelf-adapter.ts'
import { gelfProSender } from './gelf-pro-client.ts'

/** Where and how a log ships its lines, beside standard output. */
export interface LogShipping {
  /** Receiver: `udp://host:port`, `tcp://…` or `tls://…`; port 12201 when none is given. */
  readonly url: string
  /** Authority that signed the certificate of the receiver, PEM. @defaultValue those that Node trusts */
  readonly ca?: string
  /** File of that authority, read anew for every connection. Not together with `ca`. */
  readonly caFile?: string
  /** How messages that do not fit one datagram are packed, over UDP only. @defaultValue 'none' */
  readonly compression?: GelfCompression
}

/** Ships lines through gelf-pro. */
export interface Shipper {
  readonly ship: (line: string) => void
  readonly close: GelfAdapter['close']
}

/**
 * Makes the way from finished GELF lines to the receiver: gelf-pro with our adapter.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID, KEELSON_LOG_GELF_PRO_MISSING
 */
export function createShipper(
  shipping: LogShipping,
  clock: Clock,
  told: Required<Pick<GelfAdapterOptions, 'onDropped' | 'onShipped'>>,
): Shipper {
  const adapter = createGelfAdapter({ ...shipping, clock, ...told })
  return { ship: gelfProSender(adapter), close: () => adapter.close() }
}
