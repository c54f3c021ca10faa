import { createServer, type Socket } from 'node:net'
import type { Address } from './delay-proxy.ts'
import { joinDelayed } from './delayed-connection.ts'
import { findFreePort } from './free-port.ts'

/** One address for all replicas, as a Kubernetes service has: a connection goes to a listed replica and stays there. */
export interface ServiceAddress extends AsyncDisposable {
  readonly address: Address
  /** Listed replicas: place and port. */
  readonly listed: Map<number, number>
}

/** @param delayMs delay of the network, one way */
export async function startServiceAddress(delayMs: number): Promise<ServiceAddress> {
  const listed = new Map<number, number>()
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const ports = [...listed.values()]
    const port = ports[Math.floor(Math.random() * ports.length)]
    if (port === undefined) {
      near.resetAndDestroy()
      return
    }
    for (const socket of joinDelayed(near, port, delayMs)) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  })
  const address = { host: '127.0.0.1', port: await findFreePort() }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, resolve)
  })
  return {
    address,
    listed,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
