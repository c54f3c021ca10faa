import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { SecureServerOptions } from 'node:http2'
import type { ServerOptions } from 'node:https'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { kubernetesTerminationPath } from '@keelson/core/ledger'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'

/** Where a definition runs. Everything that a service reads of its process comes through here. */
export interface RuntimeOptions {
  /** @defaultValue `process.env` */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Arguments after the program's name; `--set key=value` is read.
   *
   * @defaultValue `process.argv.slice(2)`
   */
  readonly argv?: readonly string[]
  /**
   * Folder that holds `config/` and `package.json`.
   *
   * @defaultValue `process.cwd()`
   */
  readonly cwd?: string
  /**
   * Whether SIGTERM, SIGINT and uncaught errors of the process are this service's to handle. Off in tests, where the
   * process is somebody else's.
   *
   * @defaultValue true
   */
  readonly signals?: boolean
  /** Options for `Fastify(...)`, or an instance of the user's own without routes yet. */
  readonly fastify?: AppOptions | FastifyInstance
  /**
   * Takes the log lines, each with its line break; for tests.
   *
   * @defaultValue stdout
   */
  readonly logDestination?: { write(line: string): void }
}

/** Options for `Fastify(...)`, those for TLS and HTTP/2 included; `request.raw` is then one of `node:http2`'s own. */
export type AppOptions = FastifyServerOptions & {
  readonly http2?: boolean
  /** Key and certificate; with `http2`, `allowHTTP1` also serves callers that speak no HTTP/2. */
  readonly https?: ServerOptions | SecureServerOptions | null
}

/** {@link RuntimeOptions} with every gap filled, and what follows from them. */
export interface Runtime {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly argv: readonly string[]
  readonly cwd: string
  readonly signals: boolean
  /** `APP_ENV`, else `NODE_ENV`, else `development`. */
  readonly environment: string
  /** `NODE_ENV` or the environment is `production`. */
  readonly production: boolean
  readonly inKubernetes: boolean
  /** Whether a person is likely to read stdout. */
  readonly terminal: boolean
  readonly host: string
  /** File that Kubernetes reads a container's last words from, where it exists. */
  readonly terminationPath: string | undefined
}

/** Fills the gaps of runtime options from the process. */
export function resolveRuntime(options: RuntimeOptions): Runtime {
  const env = options.env ?? process.env
  const environment = env['APP_ENV'] || env['NODE_ENV'] || 'development'
  return {
    env,
    argv: options.argv ?? process.argv.slice(2),
    cwd: options.cwd ?? process.cwd(),
    signals: options.signals ?? true,
    environment,
    production: environment === 'production' || env['NODE_ENV'] === 'production',
    // Set by the kubelet in every container, whatever the pod's own settings.
    inKubernetes: env['KUBERNETES_SERVICE_HOST'] !== undefined,
    terminal: options.logDestination === undefined && isatty(1),
    host: env['HOSTNAME'] || hostname(),
    terminationPath: existsSync(kubernetesTerminationPath) ? kubernetesTerminationPath : undefined,
  }
}

/** Name of the one-off task that `--task NAME` asks for. */
export function taskOf({ argv }: Runtime): string | undefined {
  const inline = argv.find((argument) => argument.startsWith('--task='))
  if (inline !== undefined) return inline.slice('--task='.length)
  const index = argv.indexOf('--task')
  return index === -1 ? undefined : (argv[index + 1] ?? '')
}

/** `version` of the `package.json` in a folder, or `0.0.0`: a service can run without that file. */
export async function packageVersion(cwd: string): Promise<string> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8'))
    if (
      typeof manifest === 'object' &&
      manifest !== null &&
      'version' in manifest &&
      typeof manifest.version === 'string'
    ) {
      return manifest.version
    }
  } catch {
    // Absent or unreadable: the version is only a label.
  }
  return '0.0.0'
}
