import { parseArgs } from 'node:util'
import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo } from '../command.ts'
import type { ConfigPlace } from './service-tools.ts'

/** Actions of `keelson config`, with the least and the largest number of their operands. */
const actions = {
  print: [0, 0],
  explain: [1, 1],
  check: [0, 100],
  diff: [2, 2],
  docs: [0, 0],
  set: [2, 2],
  import: [1, 1],
} as const

/** What `keelson config` is to do. */
export interface ConfigRequest {
  readonly action: keyof typeof actions
  readonly operands: readonly string[]
  readonly service: string | undefined
  readonly place: ConfigPlace
  readonly json: boolean
  readonly strict: boolean
  readonly shared: boolean
  readonly format: string
  readonly out: string | undefined
  readonly check: boolean
  readonly ttl: string | undefined
  readonly etcd: EtcdOptions
}

/** How etcd is reached for writing; what is missing is taken from the service's configuration. */
export interface EtcdOptions {
  readonly endpoints: string | undefined
  readonly user: string | undefined
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
}

/**
 * Reads the arguments.
 *
 * @throws KeelsonError `KEELSON_CLI_USAGE`
 */
export function readConfigOptions(
  args: readonly string[],
  { cwd, env }: Pick<CommandIo, 'cwd' | 'env'>,
): ConfigRequest {
  const { values, positionals } = parse(args)
  const [action = '', ...operands] = positionals
  if (!isAction(action)) {
    throw usage(`"${action}" is none of ${Object.keys(actions).join(', ')}. See keelson config --help.`)
  }
  const [least, most] = actions[action]
  if (operands.length < least || operands.length > most) {
    throw usage(
      `config ${action} takes ${least === most ? least : `${least} or more`} operands. See keelson config --help.`,
    )
  }
  return {
    action,
    operands,
    service: values.service,
    place: {
      cwd,
      env: {
        ...env,
        ...(values.env === undefined ? {} : { APP_ENV: values.env }),
        ...(values.offline === true ? { KEELSON_CONFIG_ETCD: 'off' } : {}),
      },
      argv: (values.set ?? []).flatMap((text) => ['--set', text]),
    },
    json: values.json === true,
    strict: values.strict === true,
    shared: values.shared === true,
    format: values.format ?? 'markdown',
    out: values.out,
    check: values.check === true,
    ttl: values.ttl,
    etcd: {
      endpoints: values.endpoints,
      user: values.user,
      caFile: values['ca-file'],
      certFile: values['cert-file'],
      keyFile: values['key-file'],
    },
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
        service: { type: 'string' },
        env: { type: 'string' },
        offline: { type: 'boolean' },
        set: { type: 'string', multiple: true },
        json: { type: 'boolean' },
        strict: { type: 'boolean' },
        shared: { type: 'boolean' },
        format: { type: 'string' },
        out: { type: 'string' },
        check: { type: 'boolean' },
        ttl: { type: 'string' },
        endpoints: { type: 'string' },
        user: { type: 'string' },
        'ca-file': { type: 'string' },
        'cert-file': { type: 'string' },
        'key-file': { type: 'string' },
      },
    })
  } catch (error) {
    throw usage(
      `${error instanceof Error ? error.message.split('\n')[0] : String(error)} See keelson config --help.`,
    )
  }
}

function isAction(text: string): text is ConfigRequest['action'] {
  return Object.hasOwn(actions, text)
}

/** The error of a wrong command line. */
export function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', message)
}
