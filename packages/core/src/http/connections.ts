import type { ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'

/** What is known of a connection. */
export interface Connection {
  /** Monotonic milliseconds at which it is old enough to be told to leave. */
  readonly leavesAtMs: number
  /** The answer that tells it to leave. */
  parting: ServerResponse | undefined
  /** Bytes received before the listener closed. */
  bytesAtClosing: number
}

/**
 * Follows the connections of a server from its first one on: the sockets that requests name. Over TLS that is not the
 * socket that was accepted, which is followed only until its handshake is done.
 *
 * @param leavesAtMs age of a new connection at which it is told to leave
 * @param onEmpty called when the last one has closed
 */
export function watchConnections(
  server: Server,
  leavesAtMs: () => number,
  onEmpty: () => void,
): ReadonlyMap<Socket, Connection> {
  const connections = new Map<Socket, Connection>()
  const handshakes = new Map<string, Socket>()

  function add(socket: Socket, connection: Connection): void {
    connections.set(socket, connection)
    socket.once('close', () => {
      if (connections.delete(socket) && connections.size === 0) onEmpty()
    })
  }
  function open(): Connection {
    return { leavesAtMs: leavesAtMs(), parting: undefined, bytesAtClosing: 0 }
  }

  if (!isSecure(server)) {
    server.on('connection', (socket: Socket) => add(socket, open()))
    return connections
  }
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    if (peer === undefined) return
    handshakes.set(peer, socket)
    socket.once('close', () => handshakes.delete(peer))
    add(socket, open())
  })
  server.on('secureConnection', (socket: Socket) => {
    const accepted = handshakes.get(peerOf(socket) ?? '')
    const connection = accepted === undefined ? undefined : connections.get(accepted)
    add(socket, connection ?? open())
    if (accepted !== undefined) connections.delete(accepted)
  })
  return connections
}

/** Whether a server speaks TLS. Both kinds of TLS servers have this method, and no other server; asking for their class would load node:tls. */
export function isSecure(server: Server): boolean {
  return 'setSecureContext' in server
}

/** @returns `undefined` for sockets of files, which have no peer to tell them apart, and for those that are gone already */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined || remotePort === undefined
    ? undefined
    : `${remoteAddress} ${remotePort}`
}
