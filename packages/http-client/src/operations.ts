import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import type { StandardSchema } from '@keelson/core/standard-schema'
import type { CallArguments, CommonCallOptions, HttpMethod, ResponseBody } from './call-types.ts'

/** A call of a dependency that is declared with it, so that it has a name. */
export interface Operation {
  readonly method: HttpMethod
  /** Path template, `/videos/{id}`. */
  readonly path: string
  /** Validates the body of the answer and gives the call its type. */
  readonly response?: StandardSchema
  /**
   * Group of operations that has a circuit breaker of its own, so that one part of a dependency that fails does not close the
   * rest: `payments`.
   *
   * @defaultValue the breaker of all other calls
   */
  readonly group?: string
  /** Time for a whole call in milliseconds, in place of the policy's. @range 1 to 3,600,000 */
  readonly timeoutMs?: number
  /** Whether it may be made again although it may have arrived. @defaultValue by its method, as for every call */
  readonly idempotent?: boolean
  /** Whether identical calls under way are made once: GET and HEAD only. @defaultValue that of the client */
  readonly deduplicate?: boolean
}

/** Operations by their names. */
export type Operations = Readonly<Record<string, Operation>>

/** What a client without declared operations has. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no name is the name of an operation
export type NoOperations = Readonly<Record<never, Operation>>

/** Methods whose requests carry a body. */
type BodyMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a call of one operation brings along. */
export type OperationOptions<Declared extends Operation, Fallback = never> = CommonCallOptions<Fallback> &
  (Declared['method'] extends BodyMethod
    ? {
        /** Text and bytes are sent as they are, everything else as JSON. */
        readonly body?: unknown
      }
    : { readonly body?: never })

/** Calls an operation by its name; options and result are typed by its declaration. */
export type OperationCall<Declared extends Operations> = <
  const Name extends keyof Declared & string,
  Fallback = never,
>(
  name: Name,
  ...options: CallArguments<Declared[Name]['path'], OperationOptions<Declared[Name], Fallback>>
) => Promise<ResponseBody<Declared[Name]['response']> | Fallback>

/** @throws KEELSON_CLIENT_OPTIONS_INVALID */
export function checkOperations(operations: Operations): void {
  for (const [name, operation] of Object.entries(operations)) {
    checkOptions('KEELSON_CLIENT_OPTIONS_INVALID', `createHttpClient.operations.${name}`, operation, {
      method: (value) => (methods.includes(value) ? undefined : `one of ${methods.join(', ')}`),
      path: (value) =>
        typeof value === 'string' && value.startsWith('/') ? undefined : 'a path that begins with a slash',
      response: optionRules.any,
      group: optionRules.string,
      timeoutMs: optionRules.number({ min: 1, max: 3_600_000 }),
      idempotent: optionRules.boolean,
      deduplicate: optionRules.boolean,
    })
  }
}

const methods: readonly unknown[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The error of a call of an operation that was not declared. */
export function unknownOperation(
  dependency: string,
  name: string,
  operations: Operations | undefined,
): KeelsonError {
  const known = Object.keys(operations ?? {}).join(', ') || 'none'
  return new KeelsonError(
    'KEELSON_CLIENT_REQUEST_INVALID',
    `${dependency} has no operation ${name}. Declared are: ${known}.`,
    { details: { dependency } },
  )
}
