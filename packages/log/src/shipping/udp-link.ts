import { createSocket, type Socket } from 'node:dgram'
import type { GelfTarget } from './gelf-target.ts'
import type { Link, OpenLink } from './link.ts'
import type { ShippedMessage } from './shipping-queue.ts'
import type { GelfCompression } from './gelf-adapter.ts'
import { createPacker, type Packer } from './message-packer.ts'
import { toDatagrams } from './udp-chunks.ts'

/** Opens one connected UDP socket: the kernel then knows the way, and tells of a port that nobody listens on. */
export function udpLink({ port }: GelfTarget, compression: GelfCompression): OpenLink {
  const pack = createPacker(compression)
  return ({ address, family }, onLost) =>
    new Promise((resolve, reject) => {
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
      socket.unref()
      socket.on('error', (error) => {
        reject(error)
        onLost()
      })
      socket.connect(port, address, () => resolve(linkOver(socket, pack)))
    })
}

function linkOver(socket: Socket, pack: Packer): Link {
  let isClosed = false
  const destroy = (): void => {
    if (isClosed) return
    isClosed = true
    socket.close()
  }
  return {
    send(messages, done) {
      const unsent = new Set<ShippedMessage>()
      let failure: Error | undefined
      let waiting = 1
      const settle = (): void => {
        if (--waiting === 0) done(failure, [...unsent])
      }
      for (const message of messages) {
        for (const datagram of toDatagrams(pack(Buffer.from(message.text)))) {
          waiting++
          socket.send(datagram, (error) => {
            if (error !== null) {
              failure = error
              unsent.add(message)
            }
            settle()
          })
        }
      }
      settle()
    },
    close() {
      destroy()
      return Promise.resolve()
    },
    destroy,
  }
}
