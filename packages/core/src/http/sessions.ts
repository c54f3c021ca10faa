import type { ServerResponse } from 'node:http'
import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { Clock } from '../clock/index.ts'
import { isSecure } from './connections.ts'

/**
 * The greatest number of a stream. A GOAWAY that names it says "open no more streams" and refuses none that is on its
 * way (RFC 9113, section 6.8).
 */
const LAST_STREAM = 2 ** 31 - 1
const NO_ERROR = 0

/** From that GOAWAY to the final one, in milliseconds: the RFC asks for a round trip, this is one of a slow caller and more. */
const NOTICE_MS = 1_000

/** The HTTP/2 sessions of a server: each connection is one, and carries many requests at a time. */
export interface Sessions {
  /** Whether a connection is a session: beside sessions a TLS server may speak HTTP/1 too. */
  owns(socket: Socket): boolean
  /** The session of an answer; `undefined` for one over HTTP/1. */
  of(response: ServerResponse): Http2Session | undefined
  /** Monotonic milliseconds at which a session is old enough to be told to leave. */
  leavesAtMs(session: Http2Session): number
  /**
   * Tells a session to leave: its caller opens a new one for its next request. What was on its way for {@link NOTICE_MS}
   * is served, and the session ends with its last answer.
   */
  tell(session: Http2Session): void
  /** Tells all. */
  tellAll(): void
  /** Refuses new requests in a way that makes callers repeat them elsewhere; each session ends with its last answer. */
  closeAll(): void
}

interface Session {
  readonly leavesAtMs: number
  isTold: boolean
}

/**
 * Follows the sessions of a server.
 *
 * @param leavesAtMs age of a new session at which it is told to leave
 * @param clock times the notice
 * @returns `undefined` for a server that does not speak HTTP/2
 */
export function watchSessions(server: Server, leavesAtMs: () => number, clock: Clock): Sessions | undefined {
  // Both kinds of HTTP/2 servers have this method, and no other server; asking for their class would load node:http2.
  if (!('updateSettings' in server)) return undefined
  const sessions = new Map<Http2Session, Session>()
  server.on('session', (session: Http2Session) => {
    sessions.set(session, { leavesAtMs: leavesAtMs(), isTold: false })
    session.once('close', () => sessions.delete(session))
  })

  function tell(session: Http2Session): void {
    const known = sessions.get(session)
    if (known === undefined || known.isTold || session.closed || session.destroyed) return
    known.isTold = true
    session.goaway(NO_ERROR, LAST_STREAM)
    // A PING would tell the moment when the caller knows; one on node:http2 does not answer it when it has no request left,
    // nor does it ever close the connection (Node 24.21).
    const timer = clock.setTimeout(() => session.close(), NOTICE_MS)
    timer.unref()
    session.once('close', () => clock.clearTimeout(timer))
  }

  return {
    // Without TLS there is no choice of protocol.
    owns: (socket) => !isSecure(server) || ('alpnProtocol' in socket && socket.alpnProtocol === 'h2'),
    of(response) {
      // Answers over HTTP/2 have their stream here, those over HTTP/1 do not.
      const { stream } = response as ServerResponse & { readonly stream?: ServerHttp2Stream }
      return stream?.session
    },
    leavesAtMs: (session) => sessions.get(session)?.leavesAtMs ?? Number.POSITIVE_INFINITY,
    tell,
    tellAll() {
      for (const session of sessions.keys()) tell(session)
    },
    closeAll() {
      // Called again it does nothing.
      for (const session of sessions.keys()) session.close()
    },
  }
}
