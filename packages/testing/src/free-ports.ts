import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

// Below the range that Linux takes for outgoing connections and for port 0 (32768 up): a server that is killed and started again
// must find its port as it left it, whatever other tests have opened meanwhile.
const FIRST_PORT = 20_000
const LAST_PORT = 32_000

/** Ports of 127.0.0.1 that were free a moment ago; all are held until all are known, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held = new Map<number, Server>()
  while (held.size < count) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    const server = held.has(port) ? undefined : await hold(port)
    if (server !== undefined) held.set(port, server)
  }
  await Promise.all(
    [...held.values()].map(async (server) => {
      server.close()
      await once(server, 'close')
    }),
  )
  return [...held.keys()]
}

/** Listens on a port; undefined where somebody else does. */
async function hold(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
