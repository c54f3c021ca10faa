import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import { showDuration } from '../duration.ts'
import { collectBlackBox, readyUrl, type Addresses } from './black-box.ts'
import { createCatalogue } from './catalogue.ts'
import { leakCheck } from './checks/leak-check.ts'
import type { Contract } from './contract.ts'
import { imageCommand } from './docker-command.ts'
import type { Evidence, LifeEvidence, StopEvidence } from './evidence.ts'
import { findFreePorts, isFree } from './free-ports.ts'
import { call, showResult, type HttpResult } from './http-call.ts'
import { judgeAll, type CheckOutcome } from './judge.ts'
import { collectLeak } from './leak-life.ts'
import { collectBroken, collectSecondSignal, collectStop, waitUntilReady, type StartLife } from './life.ts'
import { startManaged, type ManagedProcess, type ProcessSpec } from './managed-process.ts'

/** What is verified: a service that runs already, a program to start, or an image for the docker command line. */
export type VerifyTarget =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'command'; readonly command: readonly string[] }
  | { readonly kind: 'image'; readonly image: string }

/** What to verify, and how. */
export interface VerifyOptions {
  readonly target: VerifyTarget
  readonly contract: Contract
  /**
   * Ids or groups of the checks to judge.
   *
   * @defaultValue none: all of the profile
   */
  readonly only?: readonly string[]
  /** Reasons by id of the checks to leave out. */
  readonly skips?: ReadonlyMap<string, string>
  /**
   * Whether the service is also started under a memory limit and made to leak until it ends, for `limits.leak`. Naming that
   * check in `only` asks for it too.
   *
   * @defaultValue false
   */
  readonly leak?: boolean
  /** Folder in which a command runs. */
  readonly cwd: string
  /** Environment that a command inherits. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends the run and everything that it started. */
  readonly signal: AbortSignal
  /** Told what is being done, for people who wait. */
  readonly onStep?: (step: string) => void
}

/** Everything that a report needs. */
export interface VerifyResult {
  readonly service: string
  /** What was verified, as the user wrote it. */
  readonly target: string
  readonly profile: Contract['profile']
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly readyAfterMs: number | undefined
  readonly checks: readonly CheckOutcome[]
  /** Missing when the service was not started by this command. */
  readonly stop: StopEvidence | undefined
  /** Last lines that it wrote, for reports of failures. */
  readonly lastLines: readonly string[]
}

const LAST_LINES = 50
const MAX_PORT_ATTEMPTS = 3
/** Port of the operations endpoints of a keelson service that says nothing else (DESIGN §3.2). */
const OPS_PORT = 8081

/**
 * Verifies the operational contract of one service. Whatever it started is gone when it settles.
 *
 * @throws KeelsonError `KEELSON_CLI_TARGET_UNREACHABLE`, `KEELSON_CLI_TARGET_NOT_READY`
 */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const { target, contract, only = [], skips = new Map<string, string>() } = options
  const startedAt = new Date()
  const started = performance.now()
  const evidence =
    target.kind === 'url' ? await verifyUrl(target.url, options) : await verifyProcess(target, options)
  options.signal.throwIfAborted()
  const today = startedAt.toISOString().slice(0, 10)
  return {
    service: contract.service ?? (target.kind === 'url' ? new URL(target.url).host : targetText(target)),
    target: targetText(target),
    profile: contract.profile,
    startedAt: startedAt.toISOString(),
    durationMs: performance.now() - started,
    readyAfterMs: evidence.life?.start.readyAfterMs,
    checks: judgeAll(createCatalogue(today), evidence, contract, {
      only,
      skips,
      optIns: wantsLeak(options) ? [leakCheck.id] : [],
      today,
    }),
    stop: evidence.life?.stop,
    lastLines: (evidence.life?.lines ?? []).slice(-LAST_LINES).map(({ text }) => text),
  }
}

function wantsLeak({ leak, only = [] }: VerifyOptions): boolean {
  return leak === true || only.includes(leakCheck.id)
}

async function verifyUrl(url: string, { contract, signal, onStep }: VerifyOptions): Promise<Evidence> {
  const service = url.replace(/\/+$/, '')
  const addresses = { service, ops: opsUrlOf(service, contract) }
  onStep?.('waiting for the service')
  await waitUntilReachable(addresses, contract, signal)
  return {
    blackBox: await collectBlackBox(addresses, contract, signal, onStep ?? (() => {})),
    life: undefined,
  }
}

function opsUrlOf(service: string, { profile, opsPort }: Contract): string {
  const port = opsPort ?? (profile === 'keelson' ? OPS_PORT : undefined)
  if (port === undefined) return service
  const url = new URL(service)
  url.port = String(port)
  return url.origin
}

/** Any answer of a probe but 503 is one that can be judged; 503 is a service that still starts. */
async function waitUntilReachable(
  addresses: Addresses,
  contract: Contract,
  signal: AbortSignal,
): Promise<void> {
  const { start } = contract
  const { sample } = contract.paths
  const urls = [
    readyUrl(addresses, contract),
    ...(sample === undefined ? [] : [`${addresses.service}${sample}`]),
  ]
  const until = performance.now() + start.readyTimeoutMs
  for (const [index, url] of urls.entries()) {
    for (;;) {
      signal.throwIfAborted()
      const result = await call({ url, timeoutMs: Math.min(2000, start.readyTimeoutMs) })
      if (result.kind === 'answer' && (result.status !== 503 || index > 0)) break
      if (performance.now() > until) throw unreachable(url, result, start.readyTimeoutMs)
      await wait(100)
    }
  }
}

function unreachable(url: string, result: HttpResult, waitedMs: number): KeelsonError {
  return new KeelsonError(
    'KEELSON_CLI_TARGET_UNREACHABLE',
    `${url} was not ready within ${showDuration(waitedMs)}: ${showResult(result)}. Start the service first, or correct the address; --ops-port says where probes are.`,
  )
}

async function verifyProcess(
  target: Exclude<VerifyTarget, { kind: 'url' }>,
  options: VerifyOptions,
): Promise<Evidence> {
  const { contract } = options
  for (let attempt = 1; ; attempt++) {
    const ports = await choosePorts(contract)
    try {
      return await verifyOn(ports, target, options)
    } catch (error) {
      // A free port is free until somebody takes it, who may be quicker than the service.
      const isOurChoice = contract.port === undefined && contract.opsPort === undefined
      const isRetried = isOurChoice && attempt < MAX_PORT_ATTEMPTS
      if (!isRetried || !isKeelsonError(error, 'KEELSON_CLI_TARGET_NOT_READY') || (await areFree(ports)))
        throw error
    }
  }
}

async function verifyOn(
  ports: Ports,
  target: Exclude<VerifyTarget, { kind: 'url' }>,
  options: VerifyOptions,
): Promise<Evidence> {
  const { contract, cwd, env, signal } = options
  const addresses: Addresses = {
    service: `http://127.0.0.1:${ports.port}`,
    ops: `http://127.0.0.1:${ports.opsPort}`,
  }
  await requireFree(addresses, contract)
  const canary = `canary-${randomUUID()}`
  const lives = new Set<ManagedProcess>()
  const start: StartLife = (extra, wrap = (spec) => spec) => {
    const own = {
      ...contract.start.env,
      ...Object.fromEntries(contract.start.secretEnv.map((name) => [name, canary])),
      ...extra,
    }
    const life = startManaged(wrap(specOf(target, ports, own, { cwd, env })))
    lives.add(life)
    return life
  }
  const killAll = () => Promise.all([...lives].map((life) => life.kill()))
  const onAbort = () => void killAll()
  signal.addEventListener('abort', onAbort)
  try {
    return await collectLives(start, addresses, canary, options)
  } finally {
    signal.removeEventListener('abort', onAbort)
    await killAll()
  }
}

async function collectLives(
  start: StartLife,
  addresses: Addresses,
  canary: string,
  options: VerifyOptions,
): Promise<Evidence> {
  const { target, contract, env, signal, only = [], skips, onStep = () => {} } = options
  const isWanted = (group: string, id: string) =>
    (only.length === 0 || only.includes(group) || only.includes(id)) && skips?.has(id) !== true
  onStep('starting the service')
  const life = start(contract.stop.env)
  const startEvidence = await waitUntilReady(life, addresses, contract, signal)
  const blackBox = await collectBlackBox(addresses, contract, signal, onStep)
  onStep('SIGTERM under load')
  const stop = await collectStop(life, addresses, contract)
  await life.kill()
  signal.throwIfAborted()
  let secondSignal: LifeEvidence['secondSignal']
  // A process that does not even end by one signal has been judged.
  if (stop.exit !== undefined && isWanted('stop', 'stop.second-signal')) {
    onStep('a second SIGTERM')
    secondSignal = await collectSecondSignal(start, addresses, contract, signal)
  }
  let broken: LifeEvidence['broken']
  if (isWanted('start', 'start.broken-config') || isWanted('start', 'start.fatal-record')) {
    onStep('a wrong configuration')
    broken = await collectBroken(start, addresses, contract, signal)
  }
  let leak: LifeEvidence['leak']
  if (wantsLeak(options) && isWanted('limits', leakCheck.id)) {
    onStep('a leak under the memory limit')
    const isImage = target.kind === 'image'
    // The container has an environment of its own.
    const nodeOptions = contract.start.env['NODE_OPTIONS'] ?? (isImage ? undefined : env['NODE_OPTIONS'])
    leak = await collectLeak({ start, addresses, contract, isImage, nodeOptions, signal })
  }
  const { lines } = life
  return { blackBox, life: { start: startEvidence, stop, lines, canary, secondSignal, broken, leak } }
}

interface Ports {
  readonly port: number
  readonly opsPort: number
}

async function choosePorts({ port, opsPort, profile }: Contract): Promise<Ports> {
  const [first, second] = await findFreePorts()
  const chosen = port ?? first
  return { port: chosen, opsPort: opsPort ?? (profile === 'keelson' ? second : chosen) }
}

async function areFree({ port, opsPort }: Ports): Promise<boolean> {
  return (await isFree(port)) && (await isFree(opsPort))
}

/** Without this, a service that runs already would be verified in place of the one that is started. */
async function requireFree({ service, ops }: Addresses, { paths }: Contract): Promise<void> {
  for (const url of new Set([service, ops])) {
    const result = await call({ url: `${url}${paths.sample ?? '/'}`, timeoutMs: 1000 })
    if (result.kind === 'answer' || result.connected) {
      throw new KeelsonError(
        'KEELSON_CLI_TARGET_NOT_READY',
        `Another process listens on ${url}. Stop it, or leave port and opsPort out of the contract, so that free ones are handed over in PORT and OPS_PORT.`,
      )
    }
  }
}

function specOf(
  target: Exclude<VerifyTarget, { kind: 'url' }>,
  { port, opsPort }: Ports,
  own: Readonly<Record<string, string>>,
  { cwd, env }: Pick<VerifyOptions, 'cwd' | 'env'>,
): ProcessSpec {
  const fill = (text: string) =>
    text.replaceAll('{port}', String(port)).replaceAll('{opsPort}', String(opsPort))
  const filled = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, fill(value)]))
  if (target.kind === 'image')
    return imageCommand({ image: target.image, port, opsPort, env: filled, cwd, inherited: env })
  return {
    command: target.command.map(fill),
    cwd,
    env: { ...env, HOST: '127.0.0.1', PORT: String(port), OPS_PORT: String(opsPort), ...filled },
  }
}

/** What was verified, as the user wrote it. */
function targetText(target: VerifyTarget): string {
  if (target.kind === 'url') return target.url
  return target.kind === 'image' ? target.image : target.command.join(' ')
}
