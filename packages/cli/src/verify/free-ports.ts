import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the range that Linux takes for outgoing connections (32768 up): the load of the stop opens hundreds of them, and
// one could get the port of the service that is about to be started again.
const FIRST_PORT = 20_000
const LAST_PORT = 32_000

/** Finds two ports of the loopback address that nobody listens on. */
export async function findFreePorts(): Promise<readonly [number, number]> {
  const first = await findFreePort()
  for (;;) {
    const second = await findFreePort()
    if (second !== first) return [first, second]
  }
}

async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await isFree(port)) return port
  }
}

/** Whether nobody listens on a port of the loopback address. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)))
  })
}
