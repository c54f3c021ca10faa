import { createServer, type Server } from 'node:net'

/** Finds two ports of the loopback address that nobody listens on, by taking and giving them back. */
export async function findFreePorts(): Promise<readonly [number, number]> {
  const [first, second] = await Promise.all([listen(), listen()])
  const ports = [portOf(first), portOf(second)] as const
  await Promise.all([close(first), close(second)])
  return ports
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  // A server that listens on a port has an address object.
  return typeof address === 'object' && address !== null ? address.port : 0
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
