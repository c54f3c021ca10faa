import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { GelfTarget } from './gelf-target.ts'
import type { Link, OpenLink } from './link.ts'

/** A receiver that went without a word is found out by the kernel: first probe after this. */
const keepAliveMs = 30_000

/**
 * Opens one TCP or TLS connection, one handshake, and keeps it. Messages are framed by NUL as Graylog's inputs have
 * it, and a batch of them is one write.
 *
 * @param authority gives the PEM of the authority to trust over TLS; `undefined`: those that Node trusts
 */
export function streamLink(target: GelfTarget, authority: () => string | undefined): OpenLink {
  return ({ address, family }, onLost) =>
    new Promise((resolve, reject) => {
      const { port, host } = target
      const ca = target.transport === 'tls' ? authority() : undefined
      const socket: Socket =
        target.transport === 'tls'
          ? connectTls({
              host: address,
              port,
              // The name that the certificate must be for. Addresses are no server names (RFC 6066).
              ...(isIP(host) === 0 ? { servername: host } : {}),
              ...(ca === undefined ? {} : { ca }),
            })
          : connectTcp({ host: address, port, family })
      socket.setNoDelay(true)
      socket.setKeepAlive(true, keepAliveMs)
      socket.unref()
      // Nothing is expected from the receiver, but its end is only seen by who reads.
      socket.resume()
      let failure: Error | undefined
      socket.on('error', (error) => (failure = error))
      socket.once('end', () => socket.destroy())
      socket.once('close', () => {
        const error = failure ?? new Error('the receiver closed the connection')
        reject(error)
        onLost()
      })
      socket.once(target.transport === 'tls' ? 'secureConnect' : 'connect', () => resolve(linkOver(socket)))
    })
}

function linkOver(socket: Socket): Link {
  return {
    send(messages, done) {
      let frames = ''
      for (const { text } of messages) frames += `${text}\0`
      socket.write(frames, (error) =>
        done(error ?? undefined, error === undefined || error === null ? [] : messages),
      )
    },
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) resolve()
        else {
          socket.once('close', () => resolve())
          socket.end(() => socket.destroy())
        }
      }),
    destroy() {
      socket.destroy()
    },
  }
}
