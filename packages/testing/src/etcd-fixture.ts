import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'

/** Settings of a real etcd of a test. */
export interface EtcdFixtureOptions {
  /** Paths of PEM files with which clients are served over TLS; with `caFile`, clients must show a certificate of it. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile?: string }
}

/** A real etcd of a test: one member, data in a folder of its own. */
export interface EtcdFixture {
  /** `http://127.0.0.1:<port>`, with TLS `https://localhost:<port>`; the same after a restart. */
  readonly endpoint: string
  /** Process id while it runs, for signals such as SIGSTOP. */
  readonly pid: number | undefined
  /** Ends it at once, as a crash would. Data stays. */
  kill(): Promise<void>
  /** Starts it again on the same port and data, and waits until it answers. */
  start(): Promise<void>
  /** Writes or deletes keys in one transaction, through etcd's JSON gateway: independent of the client under test. */
  transaction(changes: Readonly<Record<string, string | null>>): Promise<void>
  /** Forgets the history up to the present revision: who watches from further back is cancelled. */
  compact(): Promise<void>
  /** Ends it and removes its data. Safe to call twice. */
  close(): Promise<void>
}

// A start takes about half a second; on two busy cores it has been seen to take many times that.
const startTimeoutMs = 30_000

/**
 * Starts an etcd on free ports of 127.0.0.1 and waits until it answers. Look with `requireServer('etcd')` first whether
 * there is one.
 *
 * @param path program to run
 */
export async function startEtcd(
  path: string = 'etcd',
  options: EtcdFixtureOptions = {},
): Promise<EtcdFixture> {
  const [fixture] = await startMembers(path, 1, options)
  if (fixture === undefined) throw new Error('no member was made')
  return fixture
}

/**
 * Starts several etcd that are members of one cluster, as {@link startEtcd} does one.
 *
 * @param size number of members; 3 bear the loss of one
 */
export function startEtcdCluster(path: string = 'etcd', size: number = 3): Promise<readonly EtcdFixture[]> {
  return startMembers(path, size, {})
}

async function startMembers(
  path: string,
  size: number,
  options: EtcdFixtureOptions,
): Promise<readonly EtcdFixture[]> {
  const ports = await freePorts(size * 3)
  const members = Array.from({ length: size }, (_, index) => ({
    name: `member-${index}`,
    peer: `http://127.0.0.1:${ports[index * 3]}`,
    own: `http://127.0.0.1:${ports[index * 3 + 1]}`,
    secure: `https://localhost:${ports[index * 3 + 2]}`,
  }))
  const cluster = members.map(({ name, peer }) => `${name}=${peer}`).join(',')
  const fixtures = await Promise.all(members.map((member) => memberFixture(path, member, cluster, options)))
  try {
    // Together: a member answers only once it has found the majority of the others.
    await Promise.all(fixtures.map((fixture) => fixture.start()))
  } catch (error) {
    await Promise.all(fixtures.map((fixture) => fixture.close()))
    throw error
  }
  return fixtures
}

interface Member {
  readonly name: string
  readonly peer: string
  /** Where the test itself talks to it, always without TLS. */
  readonly own: string
  readonly secure: string
}

async function memberFixture(
  path: string,
  { name, peer, own, secure }: Member,
  cluster: string,
  { tls }: EtcdFixtureOptions,
): Promise<EtcdFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'keelson-etcd-'))
  const clientUrls = tls === undefined ? own : `${own},${secure.replace('localhost', '127.0.0.1')}`
  const settings = {
    name,
    'data-dir': folder,
    logger: 'zap',
    'log-level': 'error',
    'listen-client-urls': clientUrls,
    'advertise-client-urls': clientUrls,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': cluster,
    ...(tls === undefined ? {} : { 'cert-file': tls.certFile, 'key-file': tls.keyFile }),
    ...(tls?.caFile === undefined ? {} : { 'trusted-ca-file': tls.caFile }),
  }
  const args = Object.entries(settings).flatMap(([option, value]) => [`--${option}`, value])
  if (tls?.caFile !== undefined) args.push('--client-cert-auth')
  const endpoint = own
  let child: ChildProcess | undefined

  const fixture: EtcdFixture = {
    endpoint: tls === undefined ? own : secure,
    get pid() {
      return child?.pid
    },
    async start() {
      if (child !== undefined) return
      child = spawn(path, args, { stdio: 'ignore' })
      await once(child, 'spawn') // rejects when the program cannot be run
      await answering(endpoint, child)
    },
    async kill() {
      if (child === undefined) return
      const ended = child
      child = undefined
      if (ended.exitCode !== null || ended.signalCode !== null) return
      const exit = once(ended, 'exit')
      ended.kill('SIGKILL')
      await exit
    },
    async transaction(changes) {
      await post(endpoint, '/v3/kv/txn', {
        success: Object.entries(changes).map(([key, value]) =>
          value === null
            ? { requestDeleteRange: { key: base64(key) } }
            : { requestPut: { key: base64(key), value: base64(value) } },
        ),
      })
    },
    async compact() {
      const revision = await post(endpoint, '/v3/kv/range', { key: base64('/') })
      await post(endpoint, '/v3/kv/compaction', { revision, physical: true })
    },
    async close() {
      await fixture.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return fixture
}

/**
 * Waits for etcd to call itself healthy, which it does after a read through its log: from then on it has a leader and
 * takes writes. Authentication does not matter to it.
 */
async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + startTimeoutMs
  for (;;) {
    if (child.exitCode !== null) throw new Error(`etcd ended with code ${child.exitCode} instead of starting`)
    try {
      const response = await fetch(`${endpoint}/health`, { signal: AbortSignal.timeout(5_000) })
      await response.arrayBuffer()
      if (response.ok) return // 503 while there is no leader
    } catch {
      // Nothing listens yet.
    }
    if (performance.now() > until) throw new Error('etcd did not become healthy in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** @returns etcd's revision after the call */
async function post(endpoint: string, path: string, body: unknown): Promise<string> {
  const response = await fetch(`${endpoint}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`etcd answered ${response.status}: ${text}`)
  // Every answer of etcd's gateway has a header with the revision, as text.
  return (JSON.parse(text) as { header: { revision: string } }).header.revision
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
