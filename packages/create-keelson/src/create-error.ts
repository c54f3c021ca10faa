import type { CreateErrorCode } from './errors.ts'

/**
 * What this package throws. It is not `KeelsonError` of `@keelson/core`: `keelson update` runs this package from an unpacked
 * tarball with nothing installed beside it (docs/decisions/0012), so it imports no other package but the prompts, late.
 */
export class CreateError extends Error {
  readonly code: CreateErrorCode

  constructor(code: CreateErrorCode, message: string) {
    super(message)
    this.name = 'CreateError'
    this.code = code
  }
}

/** A wrong command line. */
export function usage(message: string): CreateError {
  return new CreateError('KEELSON_CREATE_USAGE', message)
}
