import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CuttingProxy, startCuttingProxy } from '@keelson/testing'

describe('startCuttingProxy', () => {
  let server: Server
  let proxy: CuttingProxy
  const sockets: Socket[] = []

  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => socket.write(bytes))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    proxy = await startCuttingProxy(typeof address === 'object' && address !== null ? address.port : 0)
  })

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await proxy.close()
    server.close()
    await once(server, 'close')
  })

  async function open(): Promise<Socket> {
    const socket = connect(proxy.port, proxy.host)
    sockets.push(socket)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }

  it('passes both directions on', async () => {
    await echoes(await open(), 'hello')
    expect(proxy.connectionCount).toBe(1)
  })

  it('drops connections and takes new ones', async () => {
    const socket = await open()
    await echoes(socket, 'a')
    const closed = closeOf(socket)
    proxy.drop()
    await closed
    await echoes(await open(), 'b')
    expect(proxy.acceptedCount).toBe(2)
  })

  it('lets nobody in while it is cut, and works again when it is restored', async () => {
    const before = await open()
    await echoes(before, 'a')
    const closed = closeOf(before)
    proxy.cut()
    await closed
    const refused = connect(proxy.port, proxy.host).on('error', () => undefined)
    await closeOf(refused)
    proxy.restore()
    await echoes(await open(), 'b')
  })

  it('swallows what is sent into a black hole, and closes its connections when it is restored', async () => {
    const socket = await open()
    await echoes(socket, 'a')
    proxy.blackHole()
    const events: string[] = []
    socket.on('data', () => events.push('data'))
    const closed = closeOf(socket).then(() => events.push('close'))
    socket.write('lost')
    proxy.restore()
    await closed
    expect(events).toEqual(['close'])
  })

  it('silences the connections that are open, and no others', async () => {
    const before = await open()
    await echoes(before, 'a')
    proxy.silence()
    const events: string[] = []
    before.on('data', () => events.push('data'))
    before.on('close', () => events.push('close'))
    before.write('lost')
    await echoes(await open(), 'b')
    expect([events, proxy.connectionCount]).toEqual([[], 2])
  })

  it('passes bytes on later, in their order', async () => {
    const socket = await open()
    proxy.delay(30)
    let seen = ''
    const all = new Promise<void>((resolve) => {
      socket.on('data', (bytes) => {
        seen += String(bytes)
        if (seen.length === 3) resolve()
      })
    })
    for (const text of ['1', '2', '3']) socket.write(text)
    expect(seen).toBe('')
    await all
    expect(seen).toBe('123')
  })
})

async function echoes(socket: Socket, text: string): Promise<void> {
  const answer = once(socket, 'data')
  socket.write(text)
  expect(String((await answer)[0])).toBe(text)
}

/** Resolves when the socket is closed, by a reset too, which `once` would throw. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
