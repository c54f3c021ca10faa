import { Server as NetServer, type Socket } from 'node:net'
import type { Server, ServerResponse } from 'node:http'
import { systemClock, type Clock, type TimerHandle } from '../clock/index.ts'
import type { InboundRequest } from './request-context.ts'

/** How a server is drained. */
export interface ServerDrainOptions {
  /**
   * How long an idle kept-alive connection may still bring a request after the listener has closed, in milliseconds.
   *
   * @defaultValue 1000 — one round trip of a slow client and more; callers that were told to leave are gone by then
   */
  readonly lingerMs?: number
  /**
   * Age at which a connection is told to leave with its next answer, in milliseconds, ± 20 % for each: callers then
   * come back through their balancer, so that new replicas get their share. 0: never.
   *
   * @defaultValue 0; 5 minutes in a service (DESIGN §3.2)
   */
  readonly connectionMaxAgeMs?: number
  readonly clock?: Clock
  /** Source of jitter, 0 to 1. @defaultValue `Math.random` */
  readonly random?: () => number
}

/** Defaults of {@link ServerDrainOptions}. */
export const serverDrainDefaults: { readonly lingerMs: number; readonly connectionMaxAgeMs: number } =
  Object.freeze({ lingerMs: 1_000, connectionMaxAgeMs: 0 })

/** Spread of the ages of connections: those opened together must not all leave together. */
const AGE_JITTER = 0.2

/** The end of a node:http server without a lost request: first announce, then close. */
export interface ServerDrain {
  /** Counts a request until its response has closed. Once drained, its answer carries `connection: close`. */
  track(inbound: InboundRequest, response: ServerResponse): void
  /** Number of requests under way. */
  readonly inFlightCount: number
  /** The requests under way, oldest first. */
  inFlight(): readonly InboundRequest[]
  /** From now on every answer carries `connection: close`, those already running included. Everything is still served. */
  announce(): void
  /** Takes {@link ServerDrain.announce} back, for a drain that an operator cancels. */
  withdraw(): void
  /**
   * Stops accepting, closes idle connections after the linger and waits for the requests under way.
   *
   * @param deadlineMs monotonic milliseconds at which what is left is cut
   * @returns the requests that were cut, oldest first; empty when all completed
   */
  close(deadlineMs: number): Promise<readonly InboundRequest[]>
}

/**
 * Watches the connections of a server from its first one on.
 *
 * The listener is closed with `net.Server`'s own `close`: that of `http.Server` also destroys connections whose
 * answer is complete but still in the socket's buffer (6.5 % of 20 MB answers were cut that way), and says nothing
 * to the others.
 */
export function createServerDrain(server: Server, options: ServerDrainOptions = {}): ServerDrain {
  const clock = options.clock ?? systemClock
  const { lingerMs, connectionMaxAgeMs } = { ...serverDrainDefaults, ...options }
  const random = options.random ?? Math.random
  // Each connection with the moment at which it is told to leave.
  const sockets = new Map<Socket, number>()
  const requests = new Map<ServerResponse, InboundRequest>()
  let announced = false
  let onIdle: (() => void) | undefined

  server.on('connection', (socket: Socket) => {
    sockets.set(socket, leavesAtMs())
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) onIdle?.()
    })
  })

  function leavesAtMs(): number {
    if (connectionMaxAgeMs === 0) return Number.POSITIVE_INFINITY
    return clock.monotonic() + connectionMaxAgeMs * (1 + (2 * random() - 1) * AGE_JITTER)
  }
  function isOld(response: ServerResponse, nowMs: number): boolean {
    return nowMs >= (sockets.get(response.req.socket) ?? Number.POSITIVE_INFINITY)
  }
  function untrack(this: ServerResponse): void {
    requests.delete(this)
  }

  return {
    track(inbound, response) {
      if (announced || (connectionMaxAgeMs > 0 && isOld(response, inbound.startedAtMs))) {
        response.shouldKeepAlive = false
      }
      requests.set(response, inbound)
      response.once('close', untrack)
    },
    get inFlightCount() {
      return requests.size
    },
    inFlight: () => [...requests.values()],
    announce() {
      announced = true
      for (const response of requests.keys()) if (!response.headersSent) response.shouldKeepAlive = false
    },
    withdraw() {
      announced = false
    },
    async close(deadlineMs) {
      this.announce()
      await closeListener(server)
      const busy = () => new Set([...requests.keys()].map((response) => response.req.socket))
      const sweep = () => {
        const working = busy()
        // `destroySoon` lets what is still in the buffer out first.
        for (const socket of sockets.keys()) if (!working.has(socket)) socket.destroySoon()
      }
      const endsInTime = await waitForIdle(clock, sockets, deadlineMs, lingerMs, sweep, (listener) => {
        onIdle = listener
      })
      onIdle = undefined
      if (endsInTime) return []
      const cut = [...requests.values()]
      for (const inbound of cut)
        inbound.abort(new Error('The service stops and the time for its requests is over.'))
      // A turn for whoever listens to the signals, then the connections go whatever is left in them, then a turn for
      // whoever listens to their end: an access line is written there.
      await turn()
      for (const socket of sockets.keys()) socket.destroy()
      await turn()
      return cut
    },
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function closeListener(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  NetServer.prototype.close.call(server)
  // The callback of `close` waits for all connections; the listener itself is closed when the call returns.
  return Promise.resolve()
}

/** @returns whether the last connection went before the deadline */
function waitForIdle(
  clock: Clock,
  sockets: ReadonlyMap<Socket, number>,
  deadlineMs: number,
  lingerMs: number,
  sweep: () => void,
  listen: (onIdle: () => void) => void,
): Promise<boolean> {
  if (sockets.size === 0) return Promise.resolve(true)
  return new Promise((resolve) => {
    let timer: TimerHandle | undefined
    const finish = (inTime: boolean) => {
      clock.clearTimeout(timer)
      resolve(inTime)
    }
    listen(() => finish(true))
    // After the linger, connections that become idle one by one are swept ten times a second until the deadline.
    const step = () => {
      if (clock.monotonic() >= deadlineMs) {
        finish(false)
        return
      }
      sweep()
      if (sockets.size > 0)
        timer = clock.setTimeout(step, Math.max(1, Math.min(100, deadlineMs - clock.monotonic())))
    }
    timer = clock.setTimeout(step, Math.max(0, Math.min(lingerMs, deadlineMs - clock.monotonic())))
  })
}
