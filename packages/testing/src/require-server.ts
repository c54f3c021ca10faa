import { accessSync, constants, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that tests run for real, with the Debian package that brings each. */
export const serverPackages = {
  etcd: 'etcd-server',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  nginx: 'nginx',
  haproxy: 'haproxy',
  groovy: 'groovy',
  wrk: 'wrk',
  valgrind: 'valgrind',
  openssl: 'openssl',
  postgres: 'postgresql',
  'redis-server': 'redis-server',
  'rabbitmq-server': 'rabbitmq-server',
  buildah: 'buildah',
  unshare: 'util-linux',
  script: 'bsdutils',
  chromium: 'chromium',
  xmllint: 'libxml2-utils',
  perf: 'linux-perf',
} as const

/** Name of a program that {@link requireServer} knows. */
export type ServerBinary = keyof typeof serverPackages

/** Whether a program is installed, and what a skipped test says when it is not. */
export interface ServerAvailability {
  readonly available: boolean
  /** Full path of the program; `undefined` when it is missing. */
  readonly path: string | undefined
  /** `skipped: etcd is not installed; npm run setup (Debian package etcd-server)`; `undefined` when it is there. */
  readonly reason: string | undefined
}

/**
 * Looks for a program that a test needs. Called once at the top of a test file, with
 * `describe.skipIf(!etcd.available)('…', …)` after it, so that a machine without the program still runs the rest.
 * A missing program is said on stderr, because a silent skip reads like a pass.
 *
 * @param binary name of the program
 * @param env environment to look in: `PATH`, and `KEELSON_REQUIRE_SERVERS=1`, which CI sets so that nothing is skipped
 * @throws Error when the program is missing and `KEELSON_REQUIRE_SERVERS` is `1`
 */
export function requireServer(
  binary: ServerBinary,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ServerAvailability {
  const path = findProgram(binary, env.PATH ?? '')
  if (path !== undefined) return { available: true, path, reason: undefined }
  const remedy = `${binary} is not installed; npm run setup (Debian package ${serverPackages[binary]})`
  if (env.KEELSON_REQUIRE_SERVERS === '1') {
    throw new Error(`KEELSON_REQUIRE_SERVERS is 1 and ${remedy}`)
  }
  process.stderr.write(`skipped: ${remedy}\n`)
  return { available: false, path: undefined, reason: `skipped: ${remedy}` }
}

function findProgram(binary: string, searchPath: string): string | undefined {
  // Debian puts servers into the sbin folders, which are not on the PATH of ordinary users, and some into their own; what
  // lies there under the name of RabbitMQ's server changes the user first.
  const folders = [
    ...(binary === 'rabbitmq-server' ? ['/usr/lib/rabbitmq/bin'] : []),
    ...searchPath.split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    ...(binary === 'postgres' ? globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed() : []),
  ]
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, binary))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
