import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startProcess, type TestProcess } from '@keelson/testing'
import { repositoryRoot } from '../../scripts/repository.ts'

/** Bound for what should come soon, in milliseconds: for hangs, not an expectation. */
export const patienceMs = 30_000

/** A line of a service's log, parsed. */
export type LogLine = Readonly<Record<string, string | number>>

/** A service that runs as a process of its own, from its sources. */
export interface ServiceProcess extends AsyncDisposable {
  readonly process: TestProcess
  readonly port: number
  readonly url: string
  readonly opsUrl: string
  /** Lines of stdout so far that fit. Every line must be a JSON object. */
  lines(fits: (line: LogLine) => boolean): readonly LogLine[]
  /** The first line, past or future, that fits. */
  line(fits: (line: LogLine) => boolean, what: string): Promise<LogLine>
}

/** What to start, beside the defaults of tests. */
export interface ServiceProcessOptions {
  /** Program, relative to the repository. */
  readonly main: string
  /** Folder that it runs in, relative to the repository. @defaultValue the parent of the program's folder */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[]
}

/** Starts a service on ports that the system chooses, and waits until it is ready. */
export async function startService(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const started = launchService(options)
  const line = async (fits: (line: LogLine) => boolean, what: string) =>
    parseLine(await started.line((text) => fits(parseLine(text)), what))
  try {
    const ready = await line((one) => one['_ops_port'] !== undefined, 'readiness')
    return {
      process: started,
      port: Number(ready['_port']),
      url: `http://127.0.0.1:${ready['_port']}`,
      opsUrl: `http://127.0.0.1:${ready['_ops_port']}`,
      lines: (fits) => started.stdout.map(parseLine).filter(fits),
      line,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    }
  } catch (error) {
    await started[Symbol.asyncDispose]()
    throw error
  }
}

/** Starts a service and waits for nothing: for services that are not to get ready. */
export function launchService({
  main,
  env,
  args = [],
  nodeArgs = [],
  ...options
}: ServiceProcessOptions): TestProcess {
  return startProcess({
    command: [
      process.execPath,
      '--conditions=keelson-source',
      ...nodeArgs,
      join(repositoryRoot, main),
      ...args,
    ],
    cwd: join(repositoryRoot, options.cwd ?? join(main, '..', '..')),
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', ...env },
    patienceMs,
  })
}

/** Starts the catalog of examples/video. */
export function startCatalog(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  return startService({ main: 'examples/video/catalog/src/main.ts', env })
}

/** For a delivery whose time limits are not what is tested: the first call on a busy machine takes longer than the default allows. */
export const patientCalls: Readonly<Record<string, string>> = {
  DEPENDENCIES__CATALOG__ATTEMPT_TIMEOUT: '20s',
  DEPENDENCIES__CATALOG__TIMEOUT: '25s',
}

/** Starts the delivery of examples/video. */
export function startDelivery(
  catalogUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  return startService({
    main: 'examples/video/delivery/src/main.ts',
    env: { CATALOG_URL: catalogUrl, ...env },
  })
}

/** Status of an answer, 0 when there is none. */
export async function statusOf(url: string): Promise<number> {
  try {
    const answer = await fetch(url)
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return 0
  }
}

/** Asks again until it is true; fails after the bound for hangs. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what: string,
  boundMs: number = patienceMs,
): Promise<void> {
  const end = performance.now() + boundMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${boundMs} ms`)
    await wait(10)
  }
}

/** Tests run in two processes: one takes even ports, the other one odd. */
const ownParity = Number(process.env['VITEST_POOL_ID'] ?? 0) % 2

/**
 * A port that nobody has, from below the range that the system takes for outgoing connections (32768 up on Linux):
 * what tests under load connect with cannot take it in the meantime.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + 2 * randomInt(6_000) + ownParity
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)))
  })
}

function parseLine(line: string): LogLine {
  // Tests look for fields; whether a line is right as a whole is the business of checkGelfLine.
  return JSON.parse(line) as LogLine
}
