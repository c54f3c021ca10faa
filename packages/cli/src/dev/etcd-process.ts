import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { KeelsonError } from '@keelson/core/errors'
import { call } from '../verify/http-call.ts'
import { loopback } from './child-environment.ts'
import { startDevProcess } from './dev-process.ts'

/** An etcd of this run: one member, its data in a temporary folder. */
export interface EtcdProcess {
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string
  /** Ends it and removes its data. Safe to call twice. */
  close(): Promise<void>
  /** Ends it at once, without waiting. */
  kill(): void
}

/** A start takes about half a second; on a busy machine many times that. */
const START_TIMEOUT_MS = 30_000
/** Last lines that a message of its failure shows. */
const SHOWN_LINES = 5

/**
 * Starts the etcd that is found on PATH and waits until it answers.
 *
 * @param ports for clients and for other members, which never come
 * @throws KeelsonError `KEELSON_CLI_ETCD_UNREACHABLE` when there is none, or it does not start
 */
export async function startEtcdProcess(
  env: Readonly<Record<string, string | undefined>>,
  ports: readonly [number, number],
  signal: AbortSignal,
): Promise<EtcdProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-dev-etcd-'))
  const [endpoint, peer] = [`http://${loopback}:${ports[0]}`, `http://${loopback}:${ports[1]}`]
  const settings = {
    name: 'dev',
    'data-dir': folder,
    logger: 'zap',
    'log-level': 'error',
    'listen-client-urls': endpoint,
    'advertise-client-urls': endpoint,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `dev=${peer}`,
  }
  const rows: string[] = []
  const child = startDevProcess({
    command: ['etcd', ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])],
    cwd: folder,
    env,
    onRow: (_stream, row) => {
      rows.push(row)
      if (rows.length > SHOWN_LINES) rows.shift()
    },
  })
  let hasEnded = false
  void child.ended.then(() => (hasEnded = true))
  const close = async (): Promise<void> => {
    child.kill()
    await child.ended
    rmSync(folder, { recursive: true, force: true })
  }
  const until = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const answer = await call({ url: `${endpoint}/health`, timeoutMs: 2_000 })
    if (answer.kind === 'answer' && answer.status === 200 && !hasEnded) {
      return { endpoint, close, kill: () => child.kill() }
    }
    if (hasEnded || signal.aborted || performance.now() > until) break
    await wait(50)
  }
  await close()
  signal.throwIfAborted()
  throw new KeelsonError(
    'KEELSON_CLI_ETCD_UNREACHABLE',
    `etcd could not be started: ${rows.join(' · ') || `no answer within ${START_TIMEOUT_MS / 1_000} s`}. Install it (Debian package etcd-server), or give the address of one: --etcd http://127.0.0.1:2379.`,
  )
}
