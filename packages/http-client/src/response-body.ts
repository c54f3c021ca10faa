import { KeelsonError } from '@keelson/core/errors'
import { describeIssue, type StandardSchema } from '@keelson/core/standard-schema'
import type { Answer } from './call-types.ts'
import type { WireAnswer } from './transport.ts'

/** Faults named in an error at most; a list of a thousand wrong items has as many. */
const shownIssueCount = 5

/**
 * Reads the body of an answer: JSON as its value, text as text, anything else as bytes, nothing as `undefined`.
 *
 * @param dependency for messages
 * @throws KEELSON_CLIENT_RESPONSE_INVALID for JSON that is none
 */
export function decodeBody(answer: WireAnswer, dependency: string): unknown {
  if (answer.bytes.length === 0) return undefined
  const type = contentType(answer)
  if (type === 'application/json' || type.endsWith('+json')) return parseJson(answer.bytes, dependency)
  return type.startsWith('text/') ? answer.bytes.toString() : answer.bytes
}

/**
 * Passes a value through the schema of a call.
 *
 * @param dependency for messages
 * @throws KEELSON_CLIENT_RESPONSE_INVALID, with what does not fit; the values themselves are not shown
 */
export async function validateBody(
  schema: StandardSchema,
  value: unknown,
  dependency: string,
): Promise<unknown> {
  const result = await runSchema(schema, value, dependency)
  if (result.issues === undefined) return result.value
  const issues = result.issues.slice(0, shownIssueCount).map(describeIssue)
  throw invalid(dependency, `does not fit the schema of the call: ${issues.join('; ')}`, undefined, issues)
}

/** The answer that a fallback stands for: none came. */
export function fallbackAnswer(body: unknown): Answer<unknown> {
  return { status: 0, headers: {}, body }
}

/** The beginning of a text body, for an error; `undefined` for other bodies. */
export function bodyExcerpt(answer: WireAnswer, maxLength: number): string | undefined {
  const type = contentType(answer)
  if (!type.startsWith('text/') && !type.endsWith('json')) return undefined
  return answer.bytes.subarray(0, maxLength).toString()
}

function contentType({ headers }: WireAnswer): string {
  const value = headers['content-type']
  const first = Array.isArray(value) ? value[0] : value
  return (first ?? '').split(';', 1).join('').trim().toLowerCase()
}

function parseJson(bytes: Buffer, dependency: string): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch (cause) {
    throw invalid(dependency, 'is not the JSON that its content type says', cause)
  }
}

async function runSchema(schema: StandardSchema, value: unknown, dependency: string) {
  try {
    return await schema['~standard'].validate(value)
  } catch (cause) {
    throw invalid(dependency, 'made the schema of the call throw', cause)
  }
}

function invalid(
  dependency: string,
  problem: string,
  cause?: unknown,
  issues?: readonly string[],
): KeelsonError {
  return new KeelsonError('KEELSON_CLIENT_RESPONSE_INVALID', `The answer of ${dependency} ${problem}.`, {
    cause,
    statusCode: 502,
    details: { dependency, ...(issues === undefined ? {} : { issues }) },
  })
}
