import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** One line that a process wrote. */
export interface OutputLine {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** When, on the clock of `performance.now()`. */
  readonly at: number
}

/** A process that this command started. */
export interface ManagedProcess {
  /** Everything written so far, oldest first; bounded to the last 100,000 lines. */
  readonly lines: readonly OutputLine[]
  /** Set once the process has ended and its output was read to the end. */
  readonly end: ProcessEnd | undefined
  /** Resolves with the end. Rejects when the program cannot be run at all. */
  readonly ended: Promise<ProcessEnd>
  /** Sends a signal to the process alone, as Kubernetes does to the first process of a container. */
  signal(name: NodeJS.Signals): void
  /** Ends the process and everything in its group at once, and waits until it is gone. Never rejects. */
  kill(): Promise<void>
}

const MAX_LINES = 100_000
// How long the pipes of a killed process may stay open: something that left its group may hold them for ever.
const PIPE_PATIENCE_MS = 500

/** What to start. */
export interface ProcessSpec {
  /** Program and arguments; nothing passes a shell. */
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Called after {@link ManagedProcess.kill}, for what a signal cannot reach, such as a container. */
  readonly afterKill?: () => Promise<void>
}

/** Starts a process in a group of its own, so that Ctrl-C reaches it only through us, and all of it can be ended. */
export function startManaged({ command, cwd, env, afterKill }: ProcessSpec): ManagedProcess {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const lines: OutputLine[] = []
  const read = (stream: 'stdout' | 'stderr') =>
    new Promise<void>((resolve) => {
      const reader = createInterface({ input: child[stream], crlfDelay: Number.POSITIVE_INFINITY })
      reader.on('line', (text) => {
        lines.push({ stream, text, at: Date.now() })
        if (lines.length > MAX_LINES) lines.shift()
      })
      reader.once('close', resolve)
    })
  const outputs = Promise.all([read('stdout'), read('stderr')])
  let end: ProcessEnd | undefined
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const at = performance.now()
      void Promise.race([outputs, patience()]).then(() => resolve((end = { code, signal, at })))
    })
  })
  const kill = async () => {
    if (child.pid !== undefined) killGroup(child.pid)
    await ended.catch(() => {})
    child.stdout.destroy()
    child.stderr.destroy()
    await afterKill?.()
  }
  let killed: Promise<void> | undefined
  // Whoever waits for the end hears of it; nobody has to.
  ended.catch(() => {})

  return {
    lines,
    get end() {
      return end
    },
    ended,
    signal(name) {
      child.kill(name)
    },
    kill: () => (killed ??= kill()),
  }
}

/** @param leader the first process of the group, whose number is the group's */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nothing of the group is left.
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PIPE_PATIENCE_MS).unref()
  })
}
