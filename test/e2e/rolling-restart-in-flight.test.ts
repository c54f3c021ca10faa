import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { startService } from './service-process.ts'

/** Size of the answer of `/film` in services/holding.ts. */
const filmBytes = 20 * 1024 * 1024

describe('a reply of 20 MB that is still on its way at SIGTERM', () => {
  it('is delivered whole, then the service ends with 0', async () => {
    await using holding = await startService({ main: 'test/e2e/services/holding.ts', cwd: '.' })
    const socket = await askForFilm(holding.port)
    let received = 0
    const ended = once(socket, 'close')
    ended.catch(() => undefined)

    // The caller has read nothing: all that the buffers of the system do not hold is still in the service.
    holding.process.signal('SIGTERM')
    await holding.line((line) => line['_phase'] === 'closing', 'the end of the listener')
    socket.on('data', (chunk: Buffer) => (received += chunk.length))
    await ended

    expect(received).toBeGreaterThan(filmBytes)
    expect(received).toBeLessThan(filmBytes + 1_000)
    expect(await holding.process.exited()).toEqual({ code: 0, signal: null })
    expect(holding.lines((line) => line['_route'] === '/film')).toMatchObject([{ _status: 200 }])
  })
})

describe('a stream of events without an end of its own', () => {
  it('is ended by its owner when the service closes, which then ends with 0', async () => {
    await using events = await startService({ main: 'test/e2e/services/events.ts', cwd: '.' })
    const stream = await fetch(`${events.url}/events`)
    // A stream that is cut rejects; this one must end.
    const whole = stream.text()
    whole.catch(() => undefined)
    events.process.signal('SIGTERM')
    expect(await whole).toBe('data: 1\n\n')
    expect(await events.process.exited()).toEqual({ code: 0, signal: null })
  })
})

/** Asks, and waits until the first bytes of the answer could be read; reads none of them. */
async function askForFilm(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /film HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  await once(socket, 'readable')
  return socket
}
