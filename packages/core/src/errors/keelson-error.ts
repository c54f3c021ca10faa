/** What a {@link KeelsonError} carries beside its code and message. */
export interface KeelsonErrorOptions {
  /** The error that led to this one; foreign errors are always kept here. */
  readonly cause?: unknown
  /**
   * Whether the same call may succeed when it is made again, unchanged.
   *
   * @defaultValue false
   */
  readonly retryable?: boolean
  /** HTTP status that a server should answer with when this error ends a request, 400–599. */
  readonly statusCode?: number
  /** Facts for machines, in JSON terms. Never holds a secret. */
  readonly details?: Readonly<Record<string, unknown>>
}

const brand: unique symbol = Symbol.for('keelson.error')

/**
 * The one error class of the project. Callers tell errors apart by `code`, never by message or class:
 * two copies of this package in one process are two classes, but one brand (see {@link isKeelsonError}).
 */
export class KeelsonError extends Error {
  /** Stable name of the problem, `KEELSON_<AREA>_<PROBLEM>`; listed in docs/reference/errors.md. */
  readonly code: string
  /** Whether the same call may succeed when it is made again, unchanged. */
  readonly retryable: boolean
  /** HTTP status for an answer that this error ends, if it has a natural one. */
  readonly statusCode: number | undefined
  /** Facts for machines, in JSON terms. */
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: string, message: string, options: KeelsonErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KeelsonError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.statusCode = options.statusCode
    this.details = options.details
    // Marks errors of every installed copy of this package; not enumerable, so that it shows in no dump.
    Object.defineProperty(this, brand, { value: true })
  }
}

/**
 * Tells whether a caught value is a {@link KeelsonError}, of whatever copy of the package.
 *
 * @param value anything that was thrown
 * @param code when given, the error must carry exactly this code
 */
export function isKeelsonError(value: unknown, code?: string): value is KeelsonError {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  // The brand is only ever set by the class above, which always has a code.
  return code === undefined || (value as unknown as KeelsonError).code === code
}
