import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo } from '../command.ts'

/** A command line of `keelson dev`, read and checked. */
export interface DevRequest {
  /** Folders or files as they were written; the working directory where there are none. */
  readonly services: readonly string[]
  /** Where the services read their remote configuration; `start`: an etcd of this run; `undefined`: as they are configured. */
  readonly etcd: { readonly kind: 'url'; readonly url: string } | { readonly kind: 'start' } | undefined
  /** Port of the page; 0: a free one. */
  readonly pagePort: number
  /** Further folders and files, absolute, whose changes restart all services. */
  readonly watched: readonly string[]
}

/** The most services of one run: each takes two ports and some 80 MB. */
const MAX_SERVICES = 32

/**
 * Reads the arguments.
 *
 * @throws KeelsonError `KEELSON_CLI_USAGE`; `KEELSON_CLI_DEV_PRODUCTION` where the environment is production
 */
export function readDevOptions(
  args: readonly string[],
  { cwd, env }: Pick<CommandIo, 'cwd' | 'env'>,
): DevRequest {
  for (const variable of ['NODE_ENV', 'APP_ENV']) {
    if (env[variable] === 'production') {
      throw new KeelsonError(
        'KEELSON_CLI_DEV_PRODUCTION',
        `${variable} is production, where keelson dev does not run: it shows logs and configuration on a page and lets it stop services. Start the service itself, or unset ${variable}.`,
      )
    }
  }
  const { values, positionals } = parse(args)
  if (positionals.length > MAX_SERVICES) {
    throw usage(`dev runs at most ${MAX_SERVICES} services at once, and was given ${positionals.length}.`)
  }
  return {
    services: positionals.length === 0 ? ['.'] : positionals,
    etcd: readEtcd(values.etcd),
    pagePort: readPort(values['page-port']),
    watched: (values.watch ?? []).map((path) => resolve(cwd, path)),
  }
}

// The type is the one of the table below; written by hand it would be a second list to keep.
// oxlint-disable-next-line typescript/explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        etcd: { type: 'string' },
        'page-port': { type: 'string' },
        watch: { type: 'string', multiple: true },
      },
    })
  } catch (error) {
    throw usage(
      `${error instanceof Error ? error.message.split('\n')[0] : String(error)} See keelson dev --help.`,
    )
  }
}

function readEtcd(text: string | undefined): DevRequest['etcd'] {
  if (text === undefined) return undefined
  if (text === 'start') return { kind: 'start' }
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return { kind: 'url', url: text.replace(/\/+$/, '') }
  throw usage(
    `--etcd is "${text}". Write start, for one that is found on PATH, or an address such as http://127.0.0.1:2379.`,
  )
}

function readPort(text: string | undefined): number {
  if (text === undefined) return 0
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw usage(`--page-port is "${text}". It takes a port from 0, any free one, to 65535.`)
}

function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', message)
}
