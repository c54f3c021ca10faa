/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const createErrors = {
  KEELSON_CREATE_USAGE:
    'The command line is wrong: an unknown option, a name that cannot be one of a service, a value that is none of the choices. Correct what the message names; `npm create keelson -- --help` lists what there is.',
  KEELSON_CREATE_FOLDER_NOT_EMPTY:
    'The folder holds something already, and nothing is ever overwritten. Name another one, or empty it.',
  KEELSON_CREATE_PACKAGES_INCOMPLETE:
    'The folder given by `--packages` lacks a tarball. Make it by `npm run pack` in a clone of keelson.',
  KEELSON_CREATE_INSTALL_FAILED:
    'The files are written, and a command after that failed: the message holds its output. Mend the cause, then run the commands that it names.',
  KEELSON_CREATE_CANCELLED: 'A prompt was left by Ctrl-C or Escape. Nothing was written.',
} as const

/** Code of an error thrown by this package. */
export type CreateErrorCode = keyof typeof createErrors
