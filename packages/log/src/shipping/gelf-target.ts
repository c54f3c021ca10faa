import { isIP } from 'node:net'

/** Where messages are shipped to. */
export interface GelfTarget {
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** Name or address, without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
}

/** Port of Graylog's GELF inputs, where nothing else is said. */
const defaultPort = 12_201

/**
 * Reads the address of a receiver: `udp://`, `tcp://` or `tls://`, a host, and a port unless it is 12201.
 *
 * @returns `undefined` for a text that is no such address
 */
export function parseGelfUrl(text: string): GelfTarget | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text)
  const transport = protocol.slice(0, -1)
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') return undefined
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const isPlain = username + password + search + hash === '' && (pathname === '' || pathname === '/')
  if (!isPlain || host === '' || (hostname.startsWith('[') && isIP(host) !== 6) || port === '0')
    return undefined
  return { transport, host, port: port === '' ? defaultPort : Number(port) }
}
