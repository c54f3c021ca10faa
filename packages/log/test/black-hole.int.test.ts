import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('./programs/black-hole.ts', import.meta.url))

interface Facts {
  readonly sent: number
  readonly sentCount: number
  readonly droppedCount: number
  readonly told: number
  readonly queuedCount: number
  readonly queuedBytes: number
  readonly connectionCount: number
  readonly lookups: number
  /** Memory that is kept, since the queue was full. */
  readonly grownMb: number
  readonly rssMb: number
  readonly delayP50Ms: number
  readonly delayP99Ms: number
}

// KEELSON_BLACK_HOLE_SECONDS=60 for the whole of it.
const seconds = Number(process.env['KEELSON_BLACK_HOLE_SECONDS'] ?? 12)

/** Ships to a receiver that reads everything, or nothing. */
async function ship(reads: boolean): Promise<Facts> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(reads ? socket.resume() : socket.pause())
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=keelson-source',
    program,
    String(seconds),
    String(port),
  ])
  for (const socket of sockets) socket.destroy()
  server.close()
  process.stdout.write(`${reads ? 'receiver that reads' : 'black hole'}: ${stdout}\n`)
  return JSON.parse(stdout) as Facts // what the program prints
}

test('a receiver that never reads costs a bounded memory, no look-up a message, and every loss is counted', {
  timeout: 200_000,
}, async () => {
  // At the same time, so that what else the machine does meets both alike.
  const [facts, control] = await Promise.all([ship(false), ship(true)])
  expect(facts.sent).toBeGreaterThan(1000 * seconds)
  expect(facts.sentCount + facts.droppedCount).toBe(facts.sent)
  expect(facts.told).toBe(facts.droppedCount)
  expect(facts.queuedBytes).toBeLessThanOrEqual(8 * 1024 * 1024)
  // A batch in flight and one to be sent again, each of some 80 lines, are not in the queue.
  expect(facts.queuedCount).toBeLessThanOrEqual(10_000 + 200)
  // A connection is given up after ten seconds without progress.
  expect(facts.connectionCount).toBeLessThanOrEqual(2 + (seconds + 4) / 10)
  expect(facts.lookups).toBeLessThanOrEqual(facts.connectionCount + 1)
  // The queue was full before. Of the lines that came since, 780 bytes each, nothing is kept.
  expect(facts.grownMb).toBeLessThan(10)
  expect(facts.delayP99Ms).toBeLessThan(Math.max(20, 2 * control.delayP99Ms))
  expect(control).toMatchObject({ sentCount: control.sent, droppedCount: 0, lookups: 1 })
})
