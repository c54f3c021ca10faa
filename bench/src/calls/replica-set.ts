import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { findFreePort } from '../restarts/free-port.ts'
import type { Tail } from './tail.ts'

/** What happens to a replica. */
export type FaultName = 'refused' | 'black hole' | '503' | 'slow x20'

/** What happens to all of them together. */
export type OutageName = 'black hole' | '503'

/** Replicas in processes of their own, on addresses of their own. */
export interface ReplicaSet {
  readonly addresses: readonly string[]
  readonly port: number
  /** Lets the first replica fail from now on. */
  fail(fault: FaultName): Promise<void>
  /** Lets all of them fail, in a way from which they can come back. */
  failAll(fault: OutageName): Promise<void>
  /** Ends what {@link failAll} began. */
  restoreAll(): Promise<void>
  /** Gives all of them slow answers among the others, by `/work?call=` and the attempt. */
  addTail(tail: Tail): Promise<void>
  /** Requests of work that have come in at all of them. */
  countWork(): Promise<number>
  close(): void
}

const program = `${import.meta.dirname}/replica.ts`

/** Requests per second that one replica can do. */
export const replicaCapacity = 104

/** Starts replicas on 127.0.0.31, .32, … */
export async function startReplicaSet(count: number): Promise<ReplicaSet> {
  const port = await findFreePort()
  const addresses = Array.from({ length: count }, (_, index) => `127.0.0.${31 + index}`)
  const children = await Promise.all(addresses.map((address) => start(address, port)))
  const [first] = children
  const [firstAddress] = addresses
  const askAll = (path: string) =>
    Promise.all(addresses.map(async (address) => (await fetch(`http://${address}:${port}${path}`)).text()))
  return {
    addresses,
    port,
    async fail(fault) {
      if (fault === 'refused') first?.kill('SIGKILL')
      else if (fault === 'black hole') first?.kill('SIGSTOP')
      else {
        const query = fault === '503' ? 'slowness=1&status=503' : 'slowness=20&status=200'
        await fetch(`http://${firstAddress}:${port}/fault?${query}`)
      }
    },
    async failAll(fault) {
      if (fault === 'black hole') for (const child of children) child.kill('SIGSTOP')
      else await askAll('/fault?slowness=1&status=503')
    },
    async restoreAll() {
      for (const child of children) child.kill('SIGCONT')
      await askAll('/fault?slowness=1&status=200')
    },
    addTail: ({ oneIn }) => askAll(`/tail?oneIn=${oneIn}`).then(() => undefined),
    countWork: async () => (await askAll('/count')).reduce((sum, text) => sum + Number(text), 0),
    close() {
      for (const child of children) child.kill('SIGKILL')
    },
  }
}

async function start(address: string, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, address, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}
