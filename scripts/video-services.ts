// The two services of examples/video as `npm start` runs them: their ports, their processes, whether they are ready.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { repositoryRoot } from './repository.ts'

/** Address that the example listens on: it has a route that breaks it, so no network should reach it. */
export const host = '127.0.0.1'

/** A port, and the variable that changes it. */
export interface NamedPort {
  readonly number: number
  readonly variable: string
}

/** One service of the example. */
export interface VideoService {
  readonly name: 'catalog' | 'delivery'
  readonly port: NamedPort
  readonly opsPort: NamedPort
}

/** A service that runs. */
export interface RunningService {
  readonly service: VideoService
  readonly process: ChildProcess
  /** Exit code, or the name of the signal that ended it. Never rejects. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** A failure whose message is all that there is to say. */
export class StartError extends Error {
  /** What `npm start` ends with. */
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Reads the ports of both services from the environment.
 *
 * @throws StartError 78 when a variable holds no port, or two hold the same
 */
export function readServices(env: Readonly<Record<string, string | undefined>>): readonly VideoService[] {
  const services: readonly VideoService[] = [
    {
      name: 'catalog',
      port: readPort(env, 'CATALOG_PORT', 8082),
      opsPort: readPort(env, 'CATALOG_OPS_PORT', 8083),
    },
    {
      name: 'delivery',
      port: readPort(env, 'DELIVERY_PORT', 8080),
      opsPort: readPort(env, 'DELIVERY_OPS_PORT', 8081),
    },
  ]
  const seen = new Map<number, string>()
  for (const { number, variable } of portsOf(services)) {
    const other = seen.get(number)
    if (other !== undefined) {
      throw new StartError(78, `${other} and ${variable} are both ${number}. Give each a port of its own.`)
    }
    seen.set(number, variable)
  }
  return services
}

/**
 * Makes sure, before anything is built or started, that the ports can be had.
 *
 * @throws StartError 69 with every port that another process has
 */
export async function requireFreePorts(services: readonly VideoService[]): Promise<void> {
  const taken: string[] = []
  for (const { name, port, opsPort } of services) {
    for (const { number, variable } of [port, opsPort]) {
      if (await isTaken(number)) {
        taken.push(
          `Port ${number} on ${host}, meant for ${name}, is in use by another process. Stop that process, or set ${variable} to a free port: ${variable}=${number + 1000} npm start`,
        )
      }
    }
  }
  if (taken.length > 0) throw new StartError(69, taken.join('\n'))
}

/** Starts one service in a process group of its own, so that Ctrl-C reaches it only through us, and only once. */
export function startService(service: VideoService, all: readonly VideoService[]): RunningService {
  const catalog = all.find(({ name }) => name === 'catalog')
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOST: host,
    PORT: String(service.port.number),
    OPS_PORT: String(service.opsPort.number),
    CATALOG_URL: `http://${host}:${catalog?.port.number ?? 0}`,
  }
  for (const { variable } of portsOf(all)) delete env[variable]
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: join(repositoryRoot, 'examples', 'video', service.name),
    env,
    // The terminal itself where there is one: the services then write for people, and GELF elsewhere.
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', () => resolve(1))
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1))
  })
  return { service, process: child, ended }
}

/**
 * Waits until a service says that it is ready.
 *
 * @param patienceMs bound for a service that hangs
 * @throws StartError with the service's own exit code when it ends first, or 1 when it never gets ready
 */
export async function waitUntilReady(
  { service, ended }: RunningService,
  signal: AbortSignal,
  patienceMs = 60_000,
): Promise<void> {
  let end: number | NodeJS.Signals | undefined
  void ended.then((result) => (end = result))
  const until = performance.now() + patienceMs
  while (!signal.aborted) {
    if (await isReady(service)) return
    if (end !== undefined) {
      throw new StartError(typeof end === 'number' && end > 0 ? end : 1, endedEarly(service, end))
    }
    if (performance.now() > until) {
      throw new StartError(1, `${service.name} was not ready after ${Math.round(patienceMs / 1000)} s.`)
    }
    await wait(50)
  }
}

/** Says that a service ended by itself, and what may help. */
export function endedEarly({ name, port, opsPort }: VideoService, end: number | NodeJS.Signals): string {
  const hint = end === 69 ? ` Set ${port.variable} and ${opsPort.variable} to free ports.` : ''
  return `${name} ended by itself (${end}); what it said stands above.${hint}`
}

function readPort(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  number: number,
): NamedPort {
  const text = env[variable]
  if (text === undefined || text === '') return { number, variable }
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535) {
    throw new StartError(
      78,
      `${variable} is "${text}". Set it to a port from 1 to 65535, or unset it for ${number}.`,
    )
  }
  return { number: Number(text), variable }
}

function portsOf(services: readonly VideoService[]): readonly NamedPort[] {
  return services.flatMap(({ port, opsPort }) => [port, opsPort])
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true)
      else reject(new StartError(1, `Port ${port} on ${host} cannot be used: ${error.message}.`))
    })
    server.listen({ host, port }, () => server.close(() => resolve(false)))
  })
}

async function isReady({ opsPort }: VideoService): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host}:${opsPort.number}/readiness`, {
      signal: AbortSignal.timeout(2_000),
    })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    // Not listening yet.
    return false
  }
}
