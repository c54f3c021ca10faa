import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** What to start. */
export interface ProcessOptions {
  /** Program and arguments; nothing passes a shell. */
  readonly command: readonly [string, ...string[]]
  readonly cwd?: string
  /** The whole environment of the process; nothing is inherited but `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * Longest wait of {@link TestProcess.line} and {@link TestProcess.exited}, in milliseconds: a bound for hangs, not an expectation.
   *
   * @defaultValue 30000
   */
  readonly patienceMs?: number
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A real process under test, with everything that it has written so far. */
export interface TestProcess extends AsyncDisposable {
  readonly pid: number
  /** Lines of stdout without their ends, oldest first; bounded to the last 200,000. */
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** Resolves with the first line of stdout, past or future, that fits; rejects with all output when it never comes. */
  line(fits: (line: string) => boolean, what: string): Promise<string>
  signal(name: NodeJS.Signals): void
  /** Resolves when the process has ended and its output was read to the end. */
  exited(): Promise<ProcessEnd>
}

const MAX_LINES = 200_000

/**
 * Starts a process of the test's own. Disposing of it ends it by SIGKILL if it still runs; no other process is touched.
 */
export function startProcess({ command, cwd, env = {}, patienceMs = 30_000 }: ProcessOptions): TestProcess {
  const [program, ...args] = command
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: string[] = []
  const stderr: string[] = []
  const watchers = new Set<(line: string) => void>()
  const ended = watch(child, stdout, stderr, watchers)
  const report = () =>
    `\n--- stdout\n${stdout.slice(-40).join('\n')}\n--- stderr\n${stderr.slice(-40).join('\n')}`

  const bounded = async <T>(work: Promise<T>, what: string): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${what} did not come within ${patienceMs} ms${report()}`)),
        patienceMs,
      )
    })
    try {
      return await Promise.race([work, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    get pid() {
      return child.pid ?? -1
    },
    stdout,
    stderr,
    async line(fits, what) {
      const found = stdout.find(fits)
      if (found !== undefined) return found
      const { promise, resolve } = Promise.withResolvers<string>()
      const watcher = (line: string) => {
        if (fits(line)) resolve(line)
      }
      watchers.add(watcher)
      const gone = ended.then((end) => {
        throw new Error(`The process ended (${end.code ?? end.signal}) before ${what} came${report()}`)
      })
      gone.catch(() => {})
      try {
        return await bounded(Promise.race([promise, gone]), what)
      } finally {
        watchers.delete(watcher)
      }
    },
    signal(name) {
      child.kill(name)
    },
    exited: () => bounded(ended, 'the end of the process'),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended.catch(() => {})
    },
  }
}

function watch(
  child: ChildProcess,
  stdout: string[],
  stderr: string[],
  watchers: ReadonlySet<(line: string) => void>,
): Promise<ProcessEnd> {
  const outputs = [
    readLines(child.stdout, stdout, (line) => {
      for (const watcher of watchers) watcher(line)
    }),
    readLines(child.stderr, stderr),
  ]
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      void Promise.all(outputs).then(() => resolve({ code, signal }))
    })
  })
}

/** @returns resolves when the stream was read to its end */
function readLines(
  stream: NodeJS.ReadableStream | null,
  lines: string[],
  onLine: (line: string) => void = () => {},
): Promise<void> {
  if (stream === null) return Promise.resolve()
  const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  reader.on('line', (line) => {
    lines.push(line)
    if (lines.length > MAX_LINES) lines.shift()
    onLine(line)
  })
  return new Promise<void>((resolve) => reader.once('close', resolve))
}
