import { isKeelsonError } from '@keelson/core/errors'

/** What the command ends with. A service's own codes are in `core/src/lifecycle/exit-codes.ts`. */
export const cliExitCodes = {
  /** Everything that was asked for holds; warnings are allowed. */
  pass: 0,
  /** The contract is broken. */
  broken: 1,
  /** The command line or a file that it names is wrong. */
  usage: 2,
  /** The target could not be reached or started, so that nothing was judged. */
  unreachable: 3,
  /** A fault of the command itself. */
  internal: 4,
  /** Ended by SIGINT: 128 + 2. */
  interrupted: 130,
  /** Ended by SIGTERM: 128 + 15. */
  terminated: 143,
} as const

/** The exit code for an error that ended a subcommand. */
export function cliExitCodeOf(error: unknown): number {
  if (!isKeelsonError(error)) return cliExitCodes.internal
  switch (error.code) {
    case 'KEELSON_CLI_USAGE':
    case 'KEELSON_CLI_CONTRACT_INVALID':
    case 'KEELSON_CLI_REPORT_UNWRITABLE':
    case 'KEELSON_CLI_DEFINITION_INVALID':
    case 'KEELSON_CLI_DEV_PRODUCTION':
    case 'KEELSON_CLI_UPDATE_REFUSED':
      return cliExitCodes.usage
    case 'KEELSON_CLI_TARGET_UNREACHABLE':
    case 'KEELSON_CLI_TARGET_NOT_READY':
    case 'KEELSON_CLI_ETCD_UNREACHABLE':
    case 'KEELSON_CLI_ETCD_REFUSED':
    case 'KEELSON_CLI_TEMPLATE_UNAVAILABLE':
      return cliExitCodes.unreachable
    default:
      return cliExitCodes.internal
  }
}
