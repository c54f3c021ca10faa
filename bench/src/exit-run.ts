import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Figure, Samples } from './comparison.ts'
import { startServer } from './server-process.ts'
import { requestPath, type Stack } from './stacks.ts'

export interface ExitRunOptions {
  readonly stacks: readonly Stack[]
  /** How often each stack is started and stopped; the stacks take turns. */
  readonly rounds: number
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** What is compared. The baseline has no handler of signals: it ends where it stands. */
export const exitFigures: readonly Figure<number>[] = [
  { name: 'time', of: (ms) => ms, absoluteName: 'ms', format: (ms) => ms.toFixed(1) },
]

/** Milliseconds from SIGTERM to the end of the process, with one connection kept alive and idle and no drain delay. */
export async function runExit({
  stacks,
  rounds,
  signal,
  progress,
}: ExitRunOptions): Promise<Samples<number>> {
  const samples = new Map<Stack, number[]>(stacks.map((stack) => [stack, []]))
  for (let round = 1; round <= rounds; round++) {
    progress(`exit: round ${round} of ${rounds}`)
    for (const stack of stacks) samples.get(stack)?.push(await measureExit(stack, signal))
  }
  return samples
}

async function measureExit(stack: Stack, signal: AbortSignal): Promise<number> {
  await using server = await startServer(stack, { signal })
  const socket = await keepAlive(server.port)
  try {
    const begin = performance.now()
    await server.stop()
    return performance.now() - begin
  } finally {
    socket.destroy()
  }
}

/** A connection that has had one answer and stays open. */
async function keepAlive(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // the stop of the server may reset it
  socket.write(`GET ${requestPath} HTTP/1.1\r\nhost: bench\r\n\r\n`)
  await once(socket, 'data')
  socket.resume()
  return socket
}
