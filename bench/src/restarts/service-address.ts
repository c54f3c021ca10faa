import { createServer, type Socket } from 'node:net'
import { joinDelayed } from './delayed-connection.ts'
import { anyLoopbackAddress, type Address } from './loopback-address.ts'

/** One address for all replicas, as a Kubernetes service has: a connection goes to a listed replica and stays there. */
export interface ServiceAddress extends AsyncDisposable {
  readonly address: Address
  /** Listed replicas, by their place. */
  readonly listed: Map<number, Address>
}

/** @param delayMs delay of the network, one way */
export async function startServiceAddress(delayMs: number): Promise<ServiceAddress> {
  const listed = new Map<number, Address>()
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const replicas = [...listed.values()]
    const replica = replicas[Math.floor(Math.random() * replicas.length)]
    if (replica === undefined) {
      near.resetAndDestroy()
      return
    }
    for (const socket of joinDelayed(near, replica, delayMs)) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  })
  const address = anyLoopbackAddress()
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
