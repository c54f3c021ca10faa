import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy of a test: it stands between a client and a server, and does to the link what networks do. */
export interface CuttingProxy {
  readonly host: string
  readonly port: number
  /** Connections that are open now. */
  readonly connectionCount: number
  /** Connections that were ever accepted. */
  readonly acceptedCount: number
  /** Closes all connections at once; new ones are taken. A flapping link is several of these. */
  drop(): void
  /** Closes all connections and refuses new ones, as a dead host's router does, until `restore`. */
  cut(): void
  /** Takes connections and bytes and passes nothing on, in neither direction, until `restore`; what it took is lost then. */
  blackHole(): void
  /**
   * The connections that are open now stay open and pass nothing on any more; new ones work. A firewall or a balancer that has
   * forgotten them does so.
   */
  silence(): void
  /** Passes everything on later, in milliseconds for each direction. 0: at once. */
  delay(delayMs: number): void
  /** Works again. Connections that were swallowed are closed, as they lack bytes. */
  restore(): void
  /** Ends everything. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Starts a {@link CuttingProxy} on a free port of 127.0.0.1.
 *
 * @param target port of 127.0.0.1 to pass connections on to
 */
export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const links = new Set<readonly [client: Socket, server: Socket]>()
  const state: { mode: 'pass' | 'cut' | 'black-hole'; delayMs: number } = { mode: 'pass', delayMs: 0 }
  const silenced = new WeakSet<Socket>()
  let acceptedCount = 0

  const server = createServer((client) => {
    client.on('error', nothing)
    if (state.mode === 'cut') {
      client.resetAndDestroy()
      return
    }
    acceptedCount++
    const upstream = connect(target, '127.0.0.1')
    upstream.on('error', nothing)
    const link = [client, upstream] as const
    links.add(link)
    pass(client, upstream, () => passing(client))
    pass(upstream, client, () => passing(client))
    const end = () => {
      links.delete(link)
      client.destroy()
      upstream.destroy()
    }
    client.on('close', end)
    upstream.on('close', end)
  })
  const passing = (client: Socket) =>
    state.mode === 'pass' && !silenced.has(client) ? state.delayMs : undefined
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  const drop = () => {
    for (const [client, upstream] of links) {
      client.resetAndDestroy()
      upstream.destroy()
    }
    links.clear()
  }
  return {
    host: '127.0.0.1',
    port,
    get connectionCount() {
      return links.size
    },
    get acceptedCount() {
      return acceptedCount
    },
    drop,
    cut() {
      state.mode = 'cut'
      drop()
    },
    blackHole() {
      state.mode = 'black-hole'
    },
    silence() {
      for (const [client] of links) silenced.add(client)
    },
    delay(delayMs) {
      state.delayMs = delayMs
    },
    restore() {
      if (state.mode === 'black-hole') drop()
      state.mode = 'pass'
      state.delayMs = 0
    },
    async close() {
      drop()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

function nothing(): void {}

/**
 * Order is kept under a delay: timers of equal length fire in the order in which they were set.
 *
 * @param delayOf says how much later in milliseconds, and `undefined` for never
 */
function pass(from: Socket, to: Socket, delayOf: () => number | undefined): void {
  from.on('data', (bytes) => {
    const delayMs = delayOf()
    if (delayMs === undefined) return
    if (delayMs === 0) to.write(bytes)
    else setTimeout(() => to.write(bytes), delayMs).unref()
  })
  from.on('end', () => to.end())
}
