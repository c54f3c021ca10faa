import { closeSync, openSync, readSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { joinDelayed } from './delayed-connection.ts'
import type { Address } from './loopback-address.ts'

/** A TCP proxy that makes loopback a network: everything, the end of a connection included, arrives a little later. */
export interface DelayProxy extends AsyncDisposable {
  readonly address: Address
  /** Passes connections on to this address from now on. */
  open(target: Address): Promise<void>
}

/** How often the proxy looks whether its target still listens, in milliseconds. */
const lookEveryMs = 5

/**
 * Makes a proxy that accepts nothing before it is opened.
 *
 * Once its target has stopped to listen it stops too: a connection that the target would refuse is refused, not
 * accepted and then reset. For {@link lookEveryMs} it may still be reset. Only Linux tells; elsewhere every one is.
 *
 * @param delayMs one way
 */
export function createDelayProxy(address: Address, delayMs: number): DelayProxy {
  const sockets = new Set<Socket>()
  let target: Address | undefined
  let looking: NodeJS.Timeout | undefined
  let server: Server | undefined

  function accept(near: Socket): void {
    if (target === undefined) return
    for (const socket of joinDelayed(near, target, delayMs)) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  }
  function stopListening(): void {
    clearInterval(looking)
    server?.close()
    server = undefined
  }

  return {
    address,
    async open(opened) {
      stopListening()
      target = opened
      server = createServer({ allowHalfOpen: true, noDelay: true }, accept)
      await listening(server, address)
      looking = setInterval(() => {
        if (!isListening(opened)) stopListening()
      }, lookEveryMs)
    },
    async [Symbol.asyncDispose]() {
      stopListening()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => resolve())
  })
}

/** State of a listening socket in `/proc/net/tcp` (proc(5)); the kernel writes those first. */
const listenState = '0A'

/** Whether somebody listens on this address of IPv4. The file is read by the page, up to the first connection. */
function isListening(target: Address): boolean {
  const local = tableAddress(target)
  const page = Buffer.alloc(65_536)
  let text = ''
  let file: number
  try {
    file = openSync('/proc/net/tcp', 'r')
  } catch {
    return true
  }
  try {
    for (;;) {
      const size = readSync(file, page)
      text += page.toString('latin1', 0, size)
      // The first line names the columns; the last may be cut.
      const rows = text
        .split('\n')
        .slice(1, size === 0 ? undefined : -1)
        .map(toRow)
      if (rows.some(({ state, address }) => state === listenState && address === local)) return true
      if (size === 0 || rows.some(({ state }) => state !== listenState)) return false
    }
  } finally {
    closeSync(file)
  }
}

function toRow(line: string): { readonly address: string; readonly state: string } {
  const [, address = '', , state = ''] = line.trim().split(/\s+/)
  return { address, state }
}

/** An address as the table has it: the bytes of IPv4 in the machine's order, backwards on all that this runs on. */
function tableAddress({ host, port }: Address): string {
  const bytes = host.split('.').map((byte) => hex(Number(byte), 2))
  return `${bytes.toReversed().join('')}:${hex(port, 4)}`
}

function hex(value: number, length: number): string {
  return value.toString(16).toUpperCase().padStart(length, '0')
}
