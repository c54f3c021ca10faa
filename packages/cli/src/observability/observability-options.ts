import { parseArgs } from 'node:util'
import { KeelsonError } from '@keelson/core/errors'

/** What `keelson observability` is to do. */
export interface ObservabilityRequest {
  readonly service: string | undefined
  readonly out: string
  readonly job: string | undefined
  readonly runbooks: string | undefined
  readonly metrics: string | undefined
  readonly check: boolean
}

/**
 * Reads the arguments.
 *
 * @throws KeelsonError `KEELSON_CLI_USAGE`
 */
export function readObservabilityOptions(args: readonly string[]): ObservabilityRequest {
  const { values, positionals } = parse(args)
  const [action = '', ...rest] = positionals
  if (action !== 'export' || rest.length > 0) {
    throw usage(`"${positionals.join(' ')}" is not export, the one thing to do.`)
  }
  return {
    service: values.service,
    out: values.out ?? 'observability',
    job: values.job,
    runbooks: values.runbooks?.replace(/\/+$/, ''),
    metrics: values.metrics,
    check: values.check === true,
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
        out: { type: 'string' },
        job: { type: 'string' },
        runbooks: { type: 'string' },
        metrics: { type: 'string' },
        check: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw usage((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '')
  }
}

function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', `${message} See keelson observability --help.`)
}
