import { describe, expect, it } from 'vitest'
import { createNetworkTest } from './trusted-networks.ts'

describe('createNetworkTest', () => {
  it.each([
    ['127.0.0.1', ['loopback'], true],
    ['::1', ['loopback'], true],
    ['::ffff:127.0.0.1', ['loopback'], true],
    ['10.1.2.3', ['loopback'], false],
    ['10.1.2.3', ['private'], true],
    ['172.32.0.1', ['private'], false],
    ['fd00::1', ['private'], true],
    ['2001:db8::1', ['private'], false],
    ['192.0.2.7', ['192.0.2.0/24'], true],
    ['192.0.3.7', ['192.0.2.0/24'], false],
    ['192.0.2.7', ['192.0.2.7'], true],
    ['10.0.0.1', [], false],
    ['not an address', ['private'], false],
    [undefined, ['private'], false],
  ])('answers for %s in %j: %s', (address, networks, expected) => {
    const test = createNetworkTest(networks)
    expect(test(address)).toBe(expected)
    expect(test(address)).toBe(expected) // from memory
  })

  it.each(['10.0.0.0/33', 'cluster', '10.0.0.0/8/8', '10.0.0/8', '', 'fd00::/129', '10.0.0.0/'])(
    'refuses %s',
    (network) => {
      expect(() => createNetworkTest([network])).toThrow(
        expect.objectContaining({ code: 'KEELSON_HTTP_OPTIONS_INVALID' }),
      )
    },
  )
})
