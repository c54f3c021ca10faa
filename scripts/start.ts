// `npm start`: builds the packages, starts the video example, says what to try, and stops it in order.
//
// Ports: DELIVERY_PORT, DELIVERY_OPS_PORT, CATALOG_PORT, CATALOG_OPS_PORT.
import { spawn } from 'node:child_process'
import { styleText } from 'node:util'
import { nodeProblem } from './node-version.ts'
import { isCommand, repositoryRoot } from './repository.ts'
import { commandEnvironment } from './run-command.ts'
import {
  endedEarly,
  host,
  readServices,
  requireFreePorts,
  startService,
  StartError,
  waitUntilReady,
  type RunningService,
  type VideoService,
} from './video-services.ts'

/** Ctrl-C reaches us twice, from the terminal and again from npm: within this time, in milliseconds, it is one. */
const samePressMs = 1_000

async function main(): Promise<void> {
  const problem = nodeProblem(process.version)
  if (problem !== undefined) throw new StartError(1, problem)
  const services = readServices(process.env)
  await requireFreePorts(services)

  const running: RunningService[] = []
  const stopping = listenForStop(running)
  process.once('exit', () => endAll(running))
  await build(stopping)
  for (const service of services) {
    if (!stopping.aborted) running.push(startService(service, services))
  }
  try {
    await Promise.all(running.map((one) => waitUntilReady(one, stopping)))
  } catch (error) {
    await drain(running)
    throw error
  }
  if (!stopping.aborted) say(`\n${table(services)}\n\n${whatToTry(services)}\n`)

  const failure = await Promise.race([
    ...running.map((one) => one.ended.then((end) => ({ one, end }))),
    aborted(stopping),
  ])
  const codes = await drain(running)
  if (failure !== undefined && !stopping.aborted) {
    throw new StartError(Number(failure.end) || 1, endedEarly(failure.one.service, failure.end))
  }
  process.exitCode = Math.max(0, ...codes)
}

/** The first signal asks for a stop; a later one ends everything at once. */
function listenForStop(running: readonly RunningService[]): AbortSignal {
  const stop = new AbortController()
  let firstAtMs: number | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    const nowMs = performance.now()
    if (firstAtMs === undefined) {
      firstAtMs = nowMs
      if (running.length > 0) {
        say(
          '\nStopping: delivery first, then catalog; requests under way are completed. Once more ends at once.',
        )
      }
      stop.abort()
    } else if (nowMs - firstAtMs > samePressMs) {
      endAll(running)
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  // Whoever read our output is gone (`npm start | head`): nothing is left to say it to.
  process.stdout.on('error', () => stop.abort())
  return stop.signal
}

function endAll(running: readonly RunningService[]): void {
  for (const { process: child } of running) child.kill('SIGKILL')
}

/** Builds what the services import; shows the compiler's output only when it fails. */
async function build(stopping: AbortSignal): Promise<void> {
  const startedMs = performance.now()
  say('Building the packages …')
  const turbo = spawn('turbo', ['run', 'build', '--filter=keelson...', '--output-logs=errors-only'], {
    cwd: repositoryRoot,
    env: commandEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  stopping.addEventListener('abort', () => turbo.kill())
  let output = ''
  turbo.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  turbo.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number>((resolve) => {
    turbo.once('error', (error) => {
      output += `turbo could not be started: ${error.message}. Run npm install first.`
      resolve(1)
    })
    turbo.once('close', (result) => resolve(result ?? 1))
  })
  if (stopping.aborted) return
  if (code !== 0) throw new StartError(1, `${output.trimEnd()}\n\nThe packages could not be built.`)
  say(`Built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s. Starting …`)
}

/** Stops the services, the calling one before the called one. */
async function drain(running: readonly RunningService[]): Promise<readonly number[]> {
  const codes: number[] = []
  for (const { service, process: child, ended } of running.toReversed()) {
    child.kill('SIGTERM')
    const end = await ended
    say(`${service.name} stopped (${end})`)
    codes.push(typeof end === 'number' ? end : 1)
  }
  return codes
}

function table(services: readonly VideoService[]): string {
  const rows = services.toReversed().map(({ name, port, opsPort }) => {
    const ops = url(opsPort.number)
    return [name, url(port.number), `${ops}/liveness`, `${ops}/readiness`, `${ops}/metrics`]
  })
  const all = [['service', 'URL', 'liveness', 'readiness', 'metrics'], ...rows]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .map((line, index) => (index === 0 ? paint('bold', line) : line))
    .join('\n')
}

function whatToTry(services: readonly VideoService[]): string {
  const find = (name: string) => services.find((service) => service.name === name)
  const delivery = url(find('delivery')?.port.number ?? 0)
  const deliveryOps = url(find('delivery')?.opsPort.number ?? 0)
  const catalog = url(find('catalog')?.port.number ?? 0)
  const flip = (ratio: number) =>
    `curl -X PUT ${catalog}/switches -H 'content-type: application/json' -d '{"failureRatio":${ratio}}'`
  const steps: readonly (readonly [string, ...string[]])[] = [
    [
      'A request with an id of your own; find it in the lines of both services',
      `curl -i -H 'x-request-id: abc-1' ${delivery}/videos/1`,
    ],
    [
      'Break catalog, then watch delivery fall back and its breaker open',
      flip(1),
      `for i in $(seq 30); do curl -s ${delivery}/videos/1; echo; done`,
      `curl -s ${deliveryOps}/metrics | grep ^keelson_breaker_state`,
    ],
    ['Repair it; a few requests later the breaker is closed', flip(0)],
    ['Stop: Ctrl-C. A request under way is completed first', `curl '${delivery}/slow?seconds=5'`],
  ]
  return steps
    .map(([what, ...commands]) => [paint('bold', what), ...commands.map((line) => `  ${line}`)].join('\n'))
    .join('\n')
}

function url(port: number): string {
  return `http://${host}:${port}`
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined))
  })
}

/** Colours only where a terminal shows them, and not with NO_COLOR. */
function paint(style: 'bold' | 'red', text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

if (isCommand(import.meta.url)) {
  try {
    await main()
  } catch (error) {
    process.stderr.write(`${paint('red', error instanceof Error ? error.message : String(error))}\n`)
    process.exit(error instanceof StartError ? error.exitCode : 1)
  }
}
