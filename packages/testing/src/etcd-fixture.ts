import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real etcd of a test: one member, data in a folder of its own. */
export interface EtcdFixture {
  /** `http://127.0.0.1:<port>`; the same after a restart. */
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
export async function startEtcd(path: string = 'etcd'): Promise<EtcdFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'keelson-etcd-'))
  const [clientPort, peerPort] = await freePorts()
  const endpoint = `http://127.0.0.1:${clientPort}`
  const peer = `http://127.0.0.1:${peerPort}`
  const options = {
    name: 'test',
    'data-dir': folder,
    logger: 'zap',
    'log-level': 'error',
    'listen-client-urls': endpoint,
    'advertise-client-urls': endpoint,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `test=${peer}`,
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  let child: ChildProcess | undefined

  const fixture: EtcdFixture = {
    endpoint,
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
  try {
    await fixture.start()
  } catch (error) {
    await fixture.close()
    throw error
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

/** Two ports that were free a moment ago; both are held until both are known, so that they differ. */
async function freePorts(): Promise<readonly number[]> {
  const servers = await Promise.all(
    [0, 1].map(async () => {
      const server = createServer()
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      server.close()
      await once(server, 'close')
      return typeof address === 'object' && address !== null ? address.port : 0
    }),
  )
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
