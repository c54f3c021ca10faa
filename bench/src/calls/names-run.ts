import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a client asked of the name server, and how it went on without one. */
export interface NamesSample {
  readonly client: string
  readonly host: string
  /** Queries for 1,000 calls, 100 of them at once at first. */
  readonly queryCount: number
  readonly errorCount: number
  /** Calls made after the name server had fallen silent, and how many of them failed. */
  readonly silentCallCount: number
  readonly silentErrorCount: number
}

/** What a pod has: the search list of its namespace, and five dots before a name is tried as it is. */
const resolvConf = `nameserver 127.0.0.53
search prod.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
`

/**
 * Runs the clients in namespaces of their own, with a name server on port 53 and the `resolv.conf` of a pod.
 * Needs the rights to make namespaces (`unshare` of util-linux, root).
 *
 * @param silentMs how long the name server is silent, in milliseconds
 */
export function runNames(silentMs: number): readonly NamesSample[] {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-names-'))
  try {
    const conf = join(folder, 'resolv.conf')
    writeFileSync(conf, resolvConf)
    const script =
      'mount --bind "$1" /etc/resolv.conf && ip link set lo up && exec "$2" --conditions=keelson-source "$3" "$4"'
    const program = `${import.meta.dirname}/names-clients.ts`
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', '--net', 'sh', '-c', script, 'sh', conf, process.execPath, program, String(silentMs)],
      { encoding: 'utf8', timeout: 120_000 + silentMs, killSignal: 'SIGKILL' },
    )
    if (stdout === '') throw new Error(`The run in a namespace of its own failed: ${stderr}`)
    return JSON.parse(stdout) as NamesSample[] // what names-clients.ts prints
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
