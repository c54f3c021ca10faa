import { gunzipSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createPacker } from './message-packer.ts'
import { maxDatagramBytes } from './udp-chunks.ts'

const long = Buffer.from(JSON.stringify({ short_message: 'm'.repeat(4 * maxDatagramBytes) }))

describe('createPacker', () => {
  test('leaves messages as they are when nothing is asked for', () => {
    expect(createPacker('none')(long)).toBe(long)
  })

  test.each([
    ['gzip', gunzipSync],
    ['zlib', inflateSync],
  ] as const)('packs by %s what does not fit one datagram', (compression, unpack) => {
    const packed = createPacker(compression)(long)
    expect(packed.length).toBeLessThan(maxDatagramBytes)
    expect(unpack(packed)).toEqual(long)
  })

  test('leaves what fits one datagram, and what would not become smaller', () => {
    const pack = createPacker('gzip')
    const short = long.subarray(0, maxDatagramBytes)
    expect(pack(short)).toBe(short)
    const noise = Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * index * 31) % 251))
    const [first] = [pack(noise)]
    expect(first?.length).toBeLessThanOrEqual(noise.length)
  })
})
