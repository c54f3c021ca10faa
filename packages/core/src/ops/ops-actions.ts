import { createHash, timingSafeEqual } from 'node:crypto'
import { isKeelsonError, KeelsonError } from '../errors/index.ts'
import { actionPrefix } from './ops-action-limits.ts'
import { methodNotAllowed, notFound, pathOf, problem, type OpsAnswer, type OpsRequest } from './ops-answer.ts'

/** What an action is asked with: the fields of a JSON object, not checked yet. */
export type ActionInput = Readonly<Record<string, unknown>>

/**
 * Something that an operator may do to a running service.
 *
 * @returns what is shown to the operator, in JSON terms
 * @throws KEELSON_OPS_ACTION_INVALID for input that it refuses
 */
export type OpsAction = (input: ActionInput) => unknown

/** Who did what: told of every call that came with the right token, and of every refusal. */
export interface ActionAudit {
  readonly action: string
  readonly remoteIp: string
  readonly outcome: 'done' | 'refused' | 'failed' | 'unauthorized'
  readonly input?: ActionInput
  readonly error?: unknown
}

/** The actions of a service; there are none without a token. */
export interface ActionsOptions {
  /** Asked for as `authorization: Bearer <token>`. */
  readonly token: string
  /** By name: `POST /actions/<name>`. */
  readonly actions: Readonly<Record<string, OpsAction>>
  readonly audit: (entry: ActionAudit) => void
}

/** Makes the responder of the actions. Whoever has no token learns nothing, not even which actions there are. */
export function createActionResponder({
  token,
  actions,
  audit,
}: ActionsOptions): (request: OpsRequest) => Promise<OpsAnswer> {
  const expected = digest(`Bearer ${token}`)
  return async ({ method, url, body, authorization = '', remoteIp = '' }) => {
    const name = pathOf(url).slice(actionPrefix.length)
    // Digests have one length, so that the comparison tells nothing about the token's.
    if (!timingSafeEqual(digest(authorization), expected)) {
      audit({ action: Object.hasOwn(actions, name) ? name : 'unknown', remoteIp, outcome: 'unauthorized' })
      return problem(401, 'Unauthorized')
    }
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) return notFound
    if (method !== 'POST') return { ...methodNotAllowed, allow: 'POST' }
    let input: ActionInput = {}
    try {
      input = inputOf(body)
      const result = await action(input)
      audit({ action: name, remoteIp, outcome: 'done', input })
      return { statusCode: 200, contentType: 'application/json', body: JSON.stringify(result ?? {}) }
    } catch (error) {
      const refused = isKeelsonError(error, 'KEELSON_OPS_ACTION_INVALID')
      audit({ action: name, remoteIp, outcome: refused ? 'refused' : 'failed', input, error })
      return refused ? problem(400, error.message) : problem(500, 'Internal Server Error')
    }
  }
}

/** Refuses the input of an action. */
export function invalidInput(message: string): KeelsonError {
  return new KeelsonError('KEELSON_OPS_ACTION_INVALID', message, { statusCode: 400 })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function inputOf(body: string | undefined): ActionInput {
  if (body === undefined || body.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw invalidInput('The body is not JSON. Send an object, or nothing.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput('The body is not an object. Send one, or nothing.')
  }
  return value as ActionInput // an object of JSON
}
