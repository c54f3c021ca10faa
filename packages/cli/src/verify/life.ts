import { setTimeout as wait } from 'node:timers/promises'
import { KeelsonError } from '@keelson/core/errors'
import { showDuration } from '../duration.ts'
import { showText } from '../terminal.ts'
import { readyUrl, type Addresses } from './black-box.ts'
import type { Contract } from './contract.ts'
import type { LifeEvidence, ProbeSample, StartEvidence, StopEvidence } from './evidence.ts'
import { call, type HttpResult } from './http-call.ts'
import type { ManagedProcess, ProcessSpec } from './managed-process.ts'
import { noLoad, startStopLoad } from './stop-load.ts'

/** Starts one life of the target, with variables on top of those of every life; `wrap` changes how it is started. */
export type StartLife = (
  env: Readonly<Record<string, string>>,
  wrap?: (spec: ProcessSpec) => ProcessSpec,
) => ManagedProcess

const READY_POLL_MS = 20
const PROBE_POLL_MS = 25
/** Load before the signal: enough that connections are open and kept. */
const LEAD_MS = 300
const SLOW_LEAD_MS = 100
/** Long enough that nobody takes the second signal for the same key press. */
const SECOND_SIGNAL_MS = 600
/** A wrong configuration is a matter of reading it; whoever takes longer is waiting for something. */
const BROKEN_PATIENCE_MS = 15_000
const LAST_LINES = 20

/**
 * Waits until a process is ready.
 *
 * @throws KeelsonError `KEELSON_CLI_TARGET_NOT_READY` with its last lines when it ends, or the time-out does
 */
export async function waitUntilReady(
  life: ManagedProcess,
  addresses: Addresses,
  contract: Contract,
  signal: AbortSignal,
): Promise<StartEvidence> {
  const startedAt = performance.now()
  const { readyTimeoutMs } = contract.start
  const url = readyUrl(addresses, contract)
  const before: HttpResult[] = []
  // A program that cannot be run at all rejects here; one that ends is seen in the loop.
  let cannotRun: Error | undefined
  life.ended.catch((error: Error) => (cannotRun = error))
  for (;;) {
    signal.throwIfAborted()
    const elapsedMs = performance.now() - startedAt
    if (cannotRun !== undefined) throw notReady(`The command cannot be run: ${cannotRun.message}`, life)
    if (life.end !== undefined) {
      const how = life.end.signal ?? `exit code ${life.end.code}`
      throw notReady(`The process ended before it was ready, by ${how}`, life)
    }
    if (elapsedMs > readyTimeoutMs)
      throw notReady(`${url} gave no 200 within ${showDuration(readyTimeoutMs)}`, life)
    const result = await call({
      url,
      timeoutMs: Math.min(2000, Math.max(1, readyTimeoutMs - elapsedMs)),
    })
    if (result.kind === 'answer' && result.status === 200)
      return { readyAfterMs: performance.now() - startedAt, before }
    before.push(result)
    await wait(READY_POLL_MS)
  }
}

/** Sends SIGTERM under load and watches until the process has ended, or the grace period. */
export async function collectStop(
  life: ManagedProcess,
  { service, ops }: Addresses,
  { paths, stop }: Contract,
): Promise<StopEvidence> {
  const load =
    paths.sample === undefined
      ? noLoad
      : startStopLoad({ url: `${service}${paths.sample}`, trafficMs: stop.trafficMs })
  await wait(LEAD_MS - SLOW_LEAD_MS)
  let slowEndedAt = Infinity
  const slow =
    paths.slow === undefined
      ? undefined
      : call({ url: `${service}${paths.slow}`, timeoutMs: stop.graceMs }).finally(() => {
          slowEndedAt = performance.now()
        })
  await wait(SLOW_LEAD_MS)
  const signalAtWall = Date.now()
  const signalAt = performance.now()
  load.markSignal()
  life.signal('SIGTERM')
  const watching = new AbortController()
  const probes = Promise.all([
    watchProbe(ops, paths.readiness, signalAt, watching.signal),
    watchProbe(ops, paths.liveness, signalAt, watching.signal),
  ])
  const end = await withinGrace(life, stop.graceMs)
  watching.abort()
  if (end === undefined) {
    await life.kill()
    load.stop()
  }
  const [readiness, liveness] = await probes
  const slowResult = await slow
  return {
    // Requests keep coming for as long as was agreed, whether there is still somebody to answer them or not.
    load: await load.done,
    readiness,
    liveness,
    slow:
      slowResult === undefined
        ? undefined
        : { result: slowResult, endedBeforeSignal: slowEndedAt < signalAt },
    exit: end === undefined ? undefined : { code: end.code, signal: end.signal, atMs: end.at - signalAt },
    signalAt: signalAtWall,
  }
}

/** A life of its own that gets two signals. */
export async function collectSecondSignal(
  start: StartLife,
  addresses: Addresses,
  contract: Contract,
  signal: AbortSignal,
): Promise<LifeEvidence['secondSignal']> {
  const life = start(contract.stop.env)
  try {
    await waitUntilReady(life, addresses, contract, signal)
    life.signal('SIGTERM')
    await wait(SECOND_SIGNAL_MS)
    const wasRunning = life.end === undefined
    life.signal('SIGTERM')
    return {
      wasRunning,
      end: await withinGrace(life, contract.stop.graceMs),
      withinMs: contract.stop.graceMs,
    }
  } finally {
    await life.kill()
  }
}

/** A life of its own with a configuration that is wrong. */
export async function collectBroken(
  start: StartLife,
  addresses: Addresses,
  contract: Contract,
  signal: AbortSignal,
): Promise<LifeEvidence['broken']> {
  const { brokenEnv } = contract.start
  if (brokenEnv === undefined) return undefined
  const life = start(brokenEnv)
  const url = readyUrl(addresses, contract)
  const until = performance.now() + Math.min(BROKEN_PATIENCE_MS, contract.start.readyTimeoutMs)
  let becameReady = false
  try {
    while (life.end === undefined && !becameReady && performance.now() < until) {
      signal.throwIfAborted()
      const result = await call({ url, timeoutMs: 1000 })
      becameReady = result.kind === 'answer' && result.status === 200
      await wait(READY_POLL_MS)
    }
    const variables = Object.entries(brokenEnv)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')
    return { becameReady, end: life.end, lines: life.lines, variables }
  } finally {
    await life.kill()
  }
}

async function watchProbe(
  ops: string,
  path: string | undefined,
  signalAt: number,
  over: AbortSignal,
): Promise<readonly ProbeSample[]> {
  const samples: ProbeSample[] = []
  if (path === undefined) return samples
  while (!over.aborted) {
    const atMs = performance.now() - signalAt
    samples.push({ atMs, result: await call({ url: `${ops}${path}`, timeoutMs: 2000 }) })
    await wait(PROBE_POLL_MS)
  }
  return samples
}

async function withinGrace(life: ManagedProcess, graceMs: number): Promise<ManagedProcess['end']> {
  const over = new AbortController()
  try {
    return await Promise.race([life.ended, wait(graceMs, undefined, { signal: over.signal })])
  } finally {
    over.abort()
  }
}

function notReady(problem: string, life: ManagedProcess): KeelsonError {
  const last = life.lines.slice(-LAST_LINES).map(({ stream, text }) => `  ${stream}: ${showText(text, 1000)}`)
  const output = last.length === 0 ? '  It wrote nothing.' : last.join('\n')
  return new KeelsonError('KEELSON_CLI_TARGET_NOT_READY', `${problem}. Its last lines:\n${output}`, {
    details: { lines: life.lines.slice(-LAST_LINES).map(({ text }) => text) },
  })
}
