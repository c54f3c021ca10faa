import type { Server } from 'node:net'
import { KeelsonError } from '../errors/index.ts'

/** Where a server listens, and which names a person can change it by. */
export interface ListenAddress {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Environment variable that sets the port; named in the error when the port is taken. */
  readonly portVariable: string
  /** What listens there, for people: `operations endpoints`. */
  readonly purpose: string
}

/**
 * Starts listening.
 *
 * @returns the port in use
 * @throws KEELSON_HTTP_ADDRESS_IN_USE when another process has the port; other system errors as they are
 */
export function listen(server: Server, address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(listenError(error, address))
    server.once('error', onError)
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', onError)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port)
    })
  })
}

/** Translates a refusal of the system to listen; errors of other kinds pass unchanged. */
export function listenError(error: unknown, { host, port, portVariable, purpose }: ListenAddress): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return error
  return new KeelsonError(
    'KEELSON_HTTP_ADDRESS_IN_USE',
    `Port ${port} on ${host}, meant for the ${purpose}, is in use by another process. Stop that process, or set ${portVariable} to a free port.`,
    { cause: error, details: { host, port, portVariable } },
  )
}
