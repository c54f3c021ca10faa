import { spawn } from 'node:child_process'
import { splitRows } from '../pretty/split-rows.ts'

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of this command, and everything in its group. */
export interface DevProcess {
  readonly pid: number | undefined
  /** Resolves when it has ended and its output was read. Never rejects: a program that cannot be run has code 127. */
  readonly ended: Promise<ProcessEnd>
  /** Sends a signal to the process alone, as Kubernetes does to the first of a container. */
  signal(name: NodeJS.Signals): void
  /** Ends it and whatever it started, at once. */
  kill(): void
}

/** What to start. */
export interface DevProcessOptions {
  /** Program and arguments; nothing passes a shell. */
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onRow: (stream: 'stdout' | 'stderr', row: string) => void
}

/** Starts a process; a parameter of whoever starts some, so that tests bring their own. */
export type StartProcess = (options: DevProcessOptions) => DevProcess

// How long the pipes of an ended process may stay open: something that left its group may hold them for ever.
const PIPE_PATIENCE_MS = 500

/** Starts a process in a group of its own, so that Ctrl-C reaches it only through this command. */
export const startDevProcess: StartProcess = ({ command, cwd, env, onRow }) => {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const read = async (stream: 'stdout' | 'stderr'): Promise<void> => {
    try {
      for await (const row of splitRows(child[stream])) onRow(stream, row)
    } catch {
      // Destroyed below, with the process gone.
    }
  }
  const outputs = Promise.all([read('stdout'), read('stderr')])
  const killGroup = (): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nothing of the group is left.
    }
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => {
      // Said where the service's own words are looked for.
      if (child.pid === undefined) {
        onRow('stderr', error.message)
        resolve({ code: 127, signal: null })
      }
    })
    child.once('exit', (code, signal) => {
      // What it started and left behind would hold its ports.
      killGroup()
      const settle = (): void => {
        child.stdout.destroy()
        child.stderr.destroy()
        resolve({ code, signal })
      }
      void Promise.race([outputs, patience()]).then(settle)
    })
  })
  return {
    pid: child.pid,
    ended,
    signal: (name) => void child.kill(name),
    kill: () => {
      // After its end the number may be somebody else's.
      if (child.exitCode === null && child.signalCode === null) killGroup()
    },
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PIPE_PATIENCE_MS).unref()
  })
}
