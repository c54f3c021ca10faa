/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const cliErrors = {
  KEELSON_CLI_USAGE:
    'The command line is wrong: an unknown option, a missing or contradicting argument. Correct what the message names; `keelson <command> --help` lists what there is.',
  KEELSON_CLI_CONTRACT_INVALID:
    'The contract file cannot be read or does not fit its schema. Correct the path that the message names.',
  KEELSON_CLI_REPORT_UNWRITABLE:
    'A report could not be written. Give a path in a folder that exists or can be made, and is writable.',
  KEELSON_CLI_TARGET_UNREACHABLE:
    'Nothing answers under the address. Start the service first, correct the address, or let `keelson verify -- command` start it.',
  KEELSON_CLI_TARGET_NOT_READY:
    'The process ended, or was not ready within the time-out. Its last lines stand below the message; raise `--ready-timeout` if it only needs longer.',
  KEELSON_CLI_DEFINITION_INVALID:
    'The definition of the service could not be imported, or its keelson could not be found. Run the command in the folder of the service, or name the file by `--service`.',
  KEELSON_CLI_ETCD_UNREACHABLE:
    'No endpoint of etcd answers the command. Look at the causes that the message lists.',
  KEELSON_CLI_ETCD_REFUSED:
    'etcd answers, and refuses the write: credentials, permission or size. The message repeats its reason.',
  KEELSON_CLI_DEV_PRODUCTION:
    '`keelson dev` does not run where NODE_ENV or APP_ENV is production: its page shows logs and configuration, and stops services. Start the service itself there.',
  KEELSON_CLI_UPDATE_REFUSED:
    'An update was not begun: uncommitted changes, marks of an unresolved conflict, no readable keelson.json, or an older template. The message says which.',
  KEELSON_CLI_TEMPLATE_UNAVAILABLE:
    'A version of the template could not be fetched, unpacked or run. The message holds the output of what failed; `--packages` names a folder of tarballs in place of the registry.',
} as const

/** Code of an error thrown by this package. */
export type CliErrorCode = keyof typeof cliErrors
