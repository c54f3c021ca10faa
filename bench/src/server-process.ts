import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestPath, type Ports, type Stack } from './stacks.ts'

export interface ServerProcessOptions {
  /** Words in front of `node`: a core to stay on, or valgrind. They must replace themselves by `node`. */
  readonly before?: readonly string[]
  /** Modules that `node` loads before the stack; addresses. */
  readonly preloads?: readonly string[]
  /** Environment beside what every stack is given. */
  readonly env?: Readonly<Record<string, string>>
  /** Options of `node` itself. */
  readonly nodeOptions?: readonly string[]
  /** How long the stack may take to be ready, and to end once asked to. */
  readonly limitMs?: number
  /** Ends the process when the bench is interrupted. */
  readonly signal: AbortSignal
}

/** A stack that is ready to serve. */
export interface ServerProcess {
  readonly pid: number
  readonly port: number
  /** Port of the operations endpoints, for a stack that has them. */
  readonly opsPort: number
  /** Address of the route that is measured. */
  readonly url: string
  /** Sends SIGTERM and waits for the end of the process. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const defaultLimitMs = 30_000

/** Between two looks at the readiness; start-up figures are no finer than this. */
const pollMs = 2

/** Characters of stderr that are kept for a message. */
const keptCharacters = 4000

/**
 * Starts a stack in production mode, its log lines to `/dev/null`, and waits until it is ready.
 *
 * @throws Error with the last of its stderr when it ends or is not ready in time
 */
export async function startServer(stack: Stack, options: ServerProcessOptions): Promise<ServerProcess> {
  const { before = [], preloads = [], nodeOptions = [], env = {}, limitMs = defaultLimitMs, signal } = options
  const ports: Ports = { port: await findFreePort(), opsPort: await findFreePort() }
  const imports = preloads.flatMap((address) => ['--import', address])
  const [program, ...words] = [...before, process.execPath, ...nodeOptions, ...imports, stack.program]
  const sink = openSync('/dev/null', 'w')
  const child = spawn(program, words, {
    cwd: dirname(stack.program),
    env: { ...environmentOf(ports), ...stack.env, ...env },
    stdio: ['ignore', sink, 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  })
  closeSync(sink)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const failure = watchFailure(child)

  async function stop(): Promise<void> {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), limitMs)
    await ended
    clearTimeout(late)
  }

  try {
    await waitUntilReady(stack.readinessUrl(ports), limitMs, failure)
  } catch (error) {
    await stop()
    throw new Error(`${stack.name} did not start.`, { cause: error })
  }
  return {
    // Set as soon as a process runs, and this one has answered.
    pid: child.pid as number,
    port: ports.port,
    opsPort: ports.opsPort,
    url: `http://127.0.0.1:${ports.port}${requestPath}`,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Only what a stack needs: nothing of the developer's shell may reach one stack and not another. */
function environmentOf({ port, opsPort }: Ports): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    OPS_PORT: String(opsPort),
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Gives a function that throws once the process has ended. */
function watchFailure(child: ChildProcess): () => void {
  let stderr = ''
  let problem: Error | undefined
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptCharacters)
  })
  child.once('error', (error) => (problem = error))
  child.once('close', (code, signal) => {
    problem ??= new Error(`The process ended with ${signal ?? `exit code ${code}`}.\n${stderr}`)
  })
  return () => {
    if (problem !== undefined) throw problem
  }
}

async function waitUntilReady(url: string, limitMs: number, throwFailure: () => void): Promise<void> {
  const end = performance.now() + limitMs
  while (performance.now() < end) {
    throwFailure()
    if (await isReady(url, end - performance.now())) return
    await sleep(pollMs)
  }
  throw new Error(`Nothing answered 200 at ${url} within ${limitMs / 1000} s.`)
}

async function isReady(url: string, limitMs: number): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(limitMs))),
    })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false
  }
}
