import { BlockList, isIP } from 'node:net'
import { KeelsonError } from '../errors/index.ts'

/** Tells whether an address belongs to a set of networks. */
export type NetworkTest = (address: string | undefined) => boolean

// RFC 1918, RFC 4193 (unique local), RFC 6598 (shared space, used for pods by some clouds), RFC 3927 and RFC 4291 (link-local).
const namedNetworks: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '169.254.0.0/16',
    'fc00::/7',
    'fe80::/10',
  ],
}

/**
 * Makes a test for the networks whose deadline, criticality and forwarded headers are believed.
 *
 * @param networks `10.0.0.0/8`, single addresses, `loopback` (this machine), `private` (private, shared and link-local ranges)
 * @throws KEELSON_HTTP_OPTIONS_INVALID when an entry is none of these
 */
export function createNetworkTest(networks: readonly string[]): NetworkTest {
  if (networks.length === 0) return () => false
  const list = new BlockList()
  for (const network of networks)
    for (const range of namedNetworks[network] ?? [network]) addRange(list, range)
  // A connection has one remote address for all its requests: the last answer is nearly always asked for again.
  let lastAddress: string | undefined
  let lastAnswer = false
  return (address) => {
    if (address === undefined) return false
    if (address === lastAddress) return lastAnswer
    lastAddress = address
    const plain = address.startsWith('::ffff:') ? address.slice(7) : address
    const family = isIP(plain)
    lastAnswer = family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4')
    return lastAnswer
  }
}

function addRange(list: BlockList, range: string): void {
  const [address = '', prefix, ...rest] = range.split('/')
  const family = isIP(address)
  const bits =
    prefix === undefined ? (family === 6 ? 128 : 32) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (family === 0 || rest.length > 0 || bits < 0 || bits > (family === 6 ? 128 : 32)) {
    throw new KeelsonError(
      'KEELSON_HTTP_OPTIONS_INVALID',
      `"${range}" is not a network. Write 10.0.0.0/8, an address, loopback or private.`,
    )
  }
  list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
}
