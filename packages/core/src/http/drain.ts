import { Server as NetServer, type Socket } from 'node:net'
import type { Server, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import { systemClock, type Clock, type TimerHandle } from '../clock/index.ts'
import { watchConnections } from './connections.ts'
import type { InboundRequest } from './request-context.ts'
import { watchSessions } from './sessions.ts'

/** What can be drained: a server of `node:http`, `node:https` or `node:http2`. */
export type DrainableServer = Server | Http2Server | Http2SecureServer

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

/** The end of a server of HTTP/1 or HTTP/2 without a lost request: first announce, then close. */
export interface ServerDrain {
  /**
   * Counts a request until {@link ServerDrain.release}. Once drained, its answer carries `connection: close`; HTTP/2: GOAWAY.
   */
  track(inbound: InboundRequest, response: ServerResponse): void
  /** Must be called when the response has closed: whoever tracks has a listener there of its own. */
  release(response: ServerResponse): void
  /** Number of requests under way. */
  readonly inFlightCount: number
  /** The requests under way, oldest first. */
  inFlight(): readonly InboundRequest[]
  /**
   * From now on every answer carries `connection: close`, those already running included; sessions of HTTP/2 get a GOAWAY
   * at once, which refuses nothing. Everything is still served.
   */
  announce(): void
  /** Takes {@link ServerDrain.announce} back, for a drain that an operator cancels. Who was told to leave still leaves. */
  withdraw(): void
  /**
   * Adds something to be told when the listener has closed: the owner of event streams ends them, the owner of upgraded
   * sockets sends its close frames. Idle and upgraded connections are left alone until every hook has settled, at most
   * to the deadline. A hook that fails is an uncaught error; the stop goes on.
   */
  onClosing(hook: ClosingHook): void
  /**
   * Stops accepting, closes idle and upgraded connections after the linger and waits for the requests under way. A
   * connection on which a request has begun to arrive, or its TLS handshake, gets a second linger to bring the rest of it.
   * After the linger sessions of HTTP/2 take no new requests, and each ends with its last answer.
   *
   * @param deadlineMs monotonic milliseconds at which what is left is cut
   * @returns the requests that were cut, oldest first; empty when all completed
   */
  close(deadlineMs: number): Promise<readonly InboundRequest[]>
}

/** @param deadlineMs monotonic milliseconds at which what is left is cut */
export type ClosingHook = (deadlineMs: number) => Promise<void> | void

/**
 * Watches the connections of a server from its first one on.
 *
 * The listener is closed with `net.Server`'s own `close`: that of `http.Server` also destroys connections whose
 * answer is complete but still in the socket's buffer (6.5 % of 20 MB answers were cut that way), and says nothing
 * to the others.
 */
export function createServerDrain(server: DrainableServer, options: ServerDrainOptions = {}): ServerDrain {
  const clock = options.clock ?? systemClock
  const { lingerMs, connectionMaxAgeMs } = { ...serverDrainDefaults, ...options }
  const random = options.random ?? Math.random
  const requests = new Map<ServerResponse, InboundRequest>()
  const hooks: ClosingHook[] = []
  let announced = false
  let onIdle: (() => void) | undefined

  const sockets = watchConnections(server, leavesAtMs, () => onIdle?.())
  const sessions = watchSessions(server, leavesAtMs, clock)

  function leavesAtMs(): number {
    if (connectionMaxAgeMs === 0) return Number.POSITIVE_INFINITY
    return clock.monotonic() + connectionMaxAgeMs * (1 + (2 * random() - 1) * AGE_JITTER)
  }
  function isOld(response: ServerResponse, nowMs: number): boolean {
    const session = sessions?.of(response)
    if (session !== undefined) return nowMs >= (sessions?.leavesAtMs(session) ?? Number.POSITIVE_INFINITY)
    return nowMs >= (sockets.get(response.req.socket)?.leavesAtMs ?? Number.POSITIVE_INFINITY)
  }
  /**
   * Lets this answer, the newest of its connection, tell the caller to leave. Answers go out in the order of their
   * requests, and the connection ends with the one that says so: with pipelining an earlier one must not say it.
   */
  function part(response: ServerResponse): void {
    const session = sessions?.of(response)
    if (session !== undefined) {
      sessions?.tell(session)
      return
    }
    const connection = sockets.get(response.req.socket)
    if (connection?.parting?.headersSent === false) connection.parting.shouldKeepAlive = true
    // A caller that leaves of its own accord already has a `false` here.
    if (connection !== undefined) connection.parting = response.shouldKeepAlive ? response : undefined
    response.shouldKeepAlive = false
  }

  return {
    track(inbound, response) {
      if (announced || (connectionMaxAgeMs > 0 && isOld(response, inbound.startedAtMs))) part(response)
      requests.set(response, inbound)
    },
    release(response) {
      requests.delete(response)
    },
    get inFlightCount() {
      return requests.size
    },
    inFlight: () => [...requests.values()],
    announce() {
      announced = true
      sessions?.tellAll()
      const newest = new Map([...requests.keys()].map((response) => [response.req.socket, response]))
      for (const response of newest.values()) if (!response.headersSent) part(response)
    },
    withdraw() {
      announced = false
    },
    onClosing(hook) {
      hooks.push(hook)
    },
    async close(deadlineMs) {
      this.announce()
      closeListener(server)
      for (const [socket, connection] of sockets) connection.bytesAtClosing = socket.bytesRead
      const graceEndMs = clock.monotonic() + 2 * lingerMs
      let ownersAreDone = false
      void Promise.all(hooks.map((hook) => tell(hook, deadlineMs))).then(() => (ownersAreDone = true))
      const busy = () => new Set([...requests.keys()].map((response) => response.req.socket))
      const sweep = () => {
        if (!ownersAreDone) return
        sessions?.closeAll()
        const working = busy()
        const isGrace = clock.monotonic() < graceEndMs
        for (const [socket, { bytesAtClosing }] of sockets) {
          const isArriving = isGrace && socket.bytesRead > bytesAtClosing
          if (sessions?.owns(socket)) continue
          // `destroySoon` lets what is still in the buffer out first.
          if (!working.has(socket) && !isArriving) socket.destroySoon()
        }
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

/** The callback of `close` would wait for all connections; the listener itself is closed when the call returns. */
function closeListener(server: DrainableServer): void {
  if (server.listening) NetServer.prototype.close.call(server)
}

/** Never rejects: what a hook throws becomes an uncaught error of its own. */
async function tell(hook: ClosingHook, deadlineMs: number): Promise<void> {
  try {
    await hook(deadlineMs)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** @returns whether the last connection went before the deadline */
function waitForIdle(
  clock: Clock,
  sockets: ReadonlyMap<Socket, unknown>,
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
