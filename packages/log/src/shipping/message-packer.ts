import { maxDatagramBytes } from './udp-chunks.ts'

/** Makes a message smaller, or leaves it as it is. */
export type Packer = (message: Buffer) => Buffer

/** Quickest level of zlib; higher ones save little on JSON of a few thousand bytes. */
const level = 1

/**
 * Makes the function that packs messages too long for one datagram. Shorter ones are one datagram anyway, and go as they
 * are; so does one that would not become smaller.
 */
export function createPacker(compression: 'none' | 'gzip' | 'zlib'): Packer {
  if (compression === 'none') return (message) => message
  // Loaded only where it is asked for.
  const { gzipSync, deflateSync } = process.getBuiltinModule('node:zlib')
  const compress = compression === 'gzip' ? gzipSync : deflateSync
  return (message) => {
    if (message.length <= maxDatagramBytes) return message
    const packed = compress(message, { level })
    return packed.length < message.length ? packed : message
  }
}
