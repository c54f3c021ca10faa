/** Where something listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Port of everything that gets an address of its own. */
const port = 8080

/**
 * An address that is nobody else's: all of 127.0.0.0/8 is this machine on Linux, and one by chance of 16 million needs
 * no port that is looked for first and may be taken before it is used, as those of other trials beside this one did.
 */
export function anyLoopbackAddress(): Address {
  return { host: `${anyLoopbackNetwork()}.${anyByte()}`, port }
}

/** Addresses of one network by chance, with the last byte counted from 1. */
export function loopbackAddresses(count: number): readonly Address[] {
  const network = anyLoopbackNetwork()
  return Array.from({ length: count }, (_, index) => ({ host: `${network}.${index + 1}`, port }))
}

/** The address as programs are told it. */
export function textOf({ host, port: its }: Address): string {
  return `${host}:${its}`
}

// The first network is left out: it holds 127.0.0.1 and what tests of others listen on.
function anyLoopbackNetwork(): string {
  return `127.${anyByte()}.${anyByte()}`
}

function anyByte(): number {
  return 1 + Math.floor(Math.random() * 254)
}
