import { randomFillSync } from 'node:crypto'
import { limitLine } from '../line-limit.ts'

/** Largest datagram. With 28 bytes of IP and UDP it fits the 1,450 of an overlay network; Graylog's own clients use 1,420. */
export const maxDatagramBytes = 1420

/** Magic bytes, 8 bytes of id, number and count (GELF 1.1). */
const headerBytes = 12

/** Bytes of a message in one chunk. */
export const chunkBytes: number = maxDatagramBytes - headerBytes

/** More chunks than these are refused by Graylog. */
const maxChunkCount = 128

/** Largest message over UDP. */
export const maxUdpMessageBytes: number = maxChunkCount * chunkBytes

/**
 * Cuts a message into datagrams: one without a header when it fits, else numbered chunks under one random id.
 *
 * @param message at most {@link maxUdpMessageBytes} bytes
 */
export function toDatagrams(message: Buffer): Buffer[] {
  if (message.length <= maxDatagramBytes) return [message]
  const count = Math.ceil(message.length / chunkBytes)
  const header = Buffer.alloc(headerBytes)
  header[0] = 0x1e
  header[1] = 0x0f
  randomFillSync(header, 2, 8)
  header[11] = count
  return Array.from({ length: count }, (_, index) => {
    const part = message.subarray(index * chunkBytes, (index + 1) * chunkBytes)
    const datagram = Buffer.concat([header, part])
    datagram[10] = index
    return datagram
  })
}

/**
 * Brings a message within {@link maxUdpMessageBytes}: its longest values are cut, `_truncated` says by how much.
 *
 * @returns `undefined` when it is no JSON object and cannot be cut without spoiling it
 */
export function fitToUdp(text: string): string | undefined {
  try {
    const limited = limitLine(`${text}\n`, '_', maxUdpMessageBytes).slice(0, -1)
    return Buffer.byteLength(limited) <= maxUdpMessageBytes ? limited : undefined
  } catch {
    return undefined
  }
}
