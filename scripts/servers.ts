// The servers and tools that tests run for real, and the Debian packages that bring them.
import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { serverPackages } from '../packages/testing/src/require-server.ts'

/** A program that some tests need. */
export interface Server {
  readonly binary: string
  readonly debianPackage: string
}

/** Everything that the whole of the tests needs. */
export const servers: readonly Server[] = [
  ...Object.entries(serverPackages).map(([binary, debianPackage]) => ({ binary, debianPackage })),
  // Not asked for by a test; the tool to look into the etcd that tests start.
  { binary: 'etcdctl', debianPackage: 'etcd-client' },
  // Namespaces, for tests that run a service as process 1.
  { binary: 'unshare', debianPackage: 'util-linux' },
]

/** The servers that no folder of the path holds. */
export function findMissing(
  searchPath: string = process.env['PATH'] ?? '',
  exists: (path: string) => boolean = existsSync,
): readonly Server[] {
  // Debian puts servers into the sbin folders, which are not on the path of ordinary users, and PostgreSQL into its own.
  const folders = [
    ...searchPath.split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    ...globSync('/usr/lib/postgresql/*/bin'),
  ].filter((folder) => folder !== '')
  return servers.filter(({ binary }) => !folders.some((folder) => exists(join(folder, binary))))
}

/** The command that installs what is missing on a Debian-like system. */
export function installCommand(missing: readonly Server[]): string {
  const names = [...new Set(missing.map(({ debianPackage }) => debianPackage))].toSorted()
  return `apt-get install --yes --no-install-recommends ${names.join(' ')}`
}
