import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** A real server of a test, on a port of its own of 127.0.0.1 and with its data in a folder of its own. */
export interface ServerFixture {
  /** Stays the same after a restart. */
  readonly port: number
  /** Ends it at once, as a crash would. Data stays. */
  kill(): Promise<void>
  /** Starts it again on the same port and data, and waits until it takes connections. */
  start(): Promise<void>
  /** Ends it and removes its data. Safe to call twice. */
  close(): Promise<void>
}

/** What {@link serverFixture} needs to know of a server. */
export interface ServerProgram {
  /** Program and arguments; must stay in the foreground. */
  readonly command: readonly [string, ...string[]]
  readonly port: number
  /** Folder that is removed at the end. */
  readonly folder: string
  /** Added to `PATH`. */
  readonly env?: Readonly<Record<string, string>>
  /** User that it runs as; that of the test when left out. */
  readonly uid?: number
  /** Looks whether it can be used, once it takes connections. @throws while it cannot */
  readonly ready?: () => Promise<unknown>
  /** Ends what does not end with the process itself. */
  readonly after?: () => Promise<unknown>
}

/** How long a start may take, in milliseconds: a bound for hangs. RabbitMQ alone needs some 10 s on two busy cores. */
const startTimeoutMs = 120_000

/** Starts a server in a process group of its own, so that all of it can be ended, and nothing else. */
export async function serverFixture(program: ServerProgram): Promise<ServerFixture> {
  const [command, ...args] = program.command
  let child: ChildProcess | undefined
  let output = ''

  const fixture: ServerFixture = {
    port: program.port,
    async start() {
      if (child !== undefined) return
      output = ''
      const started = spawn(command, args, {
        cwd: program.folder,
        env: { PATH: process.env['PATH'] ?? '', ...program.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
        ...(program.uid === undefined ? {} : { uid: program.uid, gid: program.uid }),
      })
      child = started
      const keep = (text: string) => (output = (output + text).slice(-4_000))
      started.stdout.setEncoding('utf8').on('data', keep)
      started.stderr.setEncoding('utf8').on('data', keep)
      await once(started, 'spawn') // rejects when the program cannot be run
      await answering(program, started, () => output)
    },
    async kill() {
      if (child === undefined) return
      const ended = child
      child = undefined
      if (ended.exitCode !== null || ended.signalCode !== null) return
      const exit = once(ended, 'exit')
      // The whole group: servers have processes of their own.
      if (ended.pid !== undefined) process.kill(-ended.pid, 'SIGKILL')
      await exit
    },
    async close() {
      await fixture.kill()
      await program.after?.()
      await rm(program.folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  try {
    await fixture.start()
  } catch (error) {
    await fixture.close()
    throw error
  }
  return fixture
}

async function answering(
  { port, ready, command: [name] }: ServerProgram,
  child: ChildProcess,
  output: () => string,
): Promise<void> {
  const until = performance.now() + startTimeoutMs
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended with code ${child.exitCode}.\n${output()}`)
    try {
      await accepts(port)
      await ready?.()
      return
    } catch (error) {
      if (performance.now() > until)
        throw new Error(`${name} did not start in time.\n${output()}`, { cause: error })
    }
    await wait(50)
  }
}

async function accepts(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}
