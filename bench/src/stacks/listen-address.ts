/** Where a stack listens. The bench chooses the port, so that it need not be asked for. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Reads `HOST` and `PORT`. */
export function listenAddress(): ListenAddress {
  return { host: process.env['HOST'] ?? '127.0.0.1', port: Number(process.env['PORT']) }
}
