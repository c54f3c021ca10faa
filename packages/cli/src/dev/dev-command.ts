import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo, CommandModule } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { isFree } from '../verify/free-ports.ts'
import { devHelp } from './dev-help.ts'
import { type DevRequest, readDevOptions } from './dev-options.ts'
import { type EtcdProcess, startEtcdProcess } from './etcd-process.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { listenForInterrupts } from './interrupts.ts'
import { createLogStore } from './log-store.ts'
import { servePage } from './page-server.ts'
import { assignPorts } from './ports.ts'
import { readServiceSpec, type ServiceSpec } from './service-spec.ts'
import { createTerminalView } from './terminal-view.ts'

/** `keelson dev`. */
export const command: CommandModule = { help: devHelp, run }

/** Ports that etcd's own are looked for from: its usual ones. */
const etcdPorts = { port: 2379, opsPort: 2380 }

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const request = readDevOptions(args, io)
  const specs = await readSpecs(request, io)
  const interrupts = listenForInterrupts(io.signal)
  const running: { kill(): void }[] = []
  const killAll = (): void => {
    for (const one of running) one.kill()
  }
  // Whatever ends this process, nothing that it started goes on.
  process.once('exit', killAll)
  interrupts.end.addEventListener('abort', killAll, { once: true })
  try {
    await runServices(request, specs, io, interrupts.stop, running)
    return cliExitCodes.pass
  } finally {
    killAll()
    process.off('exit', killAll)
    interrupts.close()
  }
}

async function runServices(
  request: DevRequest,
  specs: readonly ServiceSpec[],
  io: CommandIo,
  stop: AbortSignal,
  running: { kill(): void }[],
): Promise<void> {
  const view = createTerminalView(io)
  const wanted = request.etcd?.kind === 'start' ? [...specs, { ports: etcdPorts }] : specs
  const ports = await assignPorts(wanted, isFree)
  const etcd = await openEtcd(request, ports.at(-1), io.env, stop)
  if (etcd?.process !== undefined) running.push(etcd.process)
  try {
    const logs = createLogStore()
    const fleet = createFleet({
      specs,
      ports,
      logs,
      etcd: etcd?.endpoint,
      watched: request.watched,
      env: io.env,
      cwd: io.cwd,
      nodeArguments: conditionsOf(process.execArgv),
    })
    running.push(fleet)
    fleet.listen(view)
    view.showPlaces(fleet)
    if (etcd !== undefined) view.say(`etcd at ${etcd.endpoint}`)
    const { cwd, env } = io
    const page = await servePage({ fleet, logs, cwd, env, etcd: etcd?.endpoint, port: request.pagePort })
    view.say(`page ${page.url}`)
    fleet.start()
    await aborted(stop)
    await stopFleet(fleet, (text) => view.say(text))
    await page.close()
  } finally {
    await etcd?.process?.close()
  }
}

async function readSpecs(request: DevRequest, { cwd, env }: CommandIo): Promise<readonly ServiceSpec[]> {
  const specs: ServiceSpec[] = []
  for (const argument of request.services) {
    const spec = await readServiceSpec(argument, cwd, env)
    const same = specs.find(({ name }) => name === spec.name)
    if (same !== undefined) {
      throw new KeelsonError(
        'KEELSON_CLI_USAGE',
        `${same.folder} and ${spec.folder} are both called ${spec.name}. Give one another name: keelson dev other=${argument}`,
      )
    }
    specs.push(spec)
  }
  return specs
}

interface OpenedEtcd {
  readonly endpoint: string
  /** Missing where somebody else runs it. */
  readonly process: EtcdProcess | undefined
}

async function openEtcd(
  { etcd }: DevRequest,
  ports: { readonly port: number; readonly opsPort: number } | undefined,
  env: CommandIo['env'],
  stop: AbortSignal,
): Promise<OpenedEtcd | undefined> {
  if (etcd === undefined || ports === undefined) return undefined
  if (etcd.kind === 'url') return { endpoint: etcd.url, process: undefined }
  const started = await startEtcdProcess(env, [ports.port, ports.opsPort], stop)
  return { endpoint: started.endpoint, process: started }
}

async function stopFleet(fleet: Fleet, say: (text: string) => void): Promise<void> {
  const names = fleet.members.map(({ name }) => name).join(', ')
  say(`stopping ${names}: requests under way are completed. Ctrl-C once more ends at once.`)
  await fleet.stop()
}

/** Conditions under which this command itself was loaded: sources of a repository use those of their packages. */
function conditionsOf(nodeArguments: readonly string[]): readonly string[] {
  return nodeArguments.filter((argument, index) => {
    const before = nodeArguments[index - 1]
    return /^(?:--conditions(?:=|$)|-C)/.test(argument) || before === '--conditions' || before === '-C'
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
