import { call, type HttpResult } from '../verify/http-call.ts'
import type { FleetWatch } from './fleet-watch.ts'
import type { FleetMember } from './fleet.ts'
import type { LogStore } from './log-store.ts'
import type { ConfigValueMessage } from './messages.ts'
import { traceStop } from './stop-trace.ts'
import { verifyService } from './verify-service.ts'

/** What an action came to; the page shows the message when it failed. */
export interface ActionResult {
  readonly status: 200 | 202 | 400 | 404 | 409 | 502
  readonly body: unknown
}

/** What the page may do to a service. */
export interface ServiceActions {
  /** @param input fields of a JSON object, not checked yet */
  run(member: FleetMember, action: string, input: Readonly<Record<string, unknown>>): Promise<ActionResult>
  /** The effective configuration, as the service itself tells it. */
  config(member: FleetMember): Promise<ActionResult>
}

/** Actions of the service itself (DESIGN §3.3); whatever they change it takes back after a time. */
const operatorActions: ReadonlySet<string> = new Set(['breaker', 'log-level', 'drain', 'undrain'])

/** Makes the actions. */
export function createServiceActions(
  watch: FleetWatch,
  logs: LogStore,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): ServiceActions {
  const verifying = new Set<FleetMember>()
  return {
    async run(member, action, input) {
      const { supervisor } = member
      if (operatorActions.has(action)) return askOperator(member, action, input)
      switch (action) {
        case 'start':
          supervisor.run()
          return done
        case 'restart':
          supervisor.restart()
          return done
        case 'stop':
          if (supervisor.pid === undefined) await supervisor.stop()
          else if (supervisor.phase !== 'stopping') {
            void traceStop(member, logs, (trace) => watch.setStop(member, trace))
          }
          return done
        case 'verify': {
          if (supervisor.phase !== 'up') return failure(409, `${member.name} is not up.`)
          if (verifying.has(member)) return failure(409, `${member.name} is being verified.`)
          verifying.add(member)
          const forget = (): void => void verifying.delete(member)
          void verifyService(member, env, signal, (progress) => watch.setVerify(member, progress)).then(
            forget,
          )
          return done
        }
        default:
          return failure(404, 'There is no such action.')
      }
    },
    async config({ opsUrl, name }) {
      const result = await call({ url: `${opsUrl}/config` })
      if (result.kind === 'answer' && result.status === 200) {
        return { status: 200, body: configValues(result.body) }
      }
      return failure(502, `${name} does not tell its configuration (${shown(result)}).`)
    },
  }
}

const done: ActionResult = { status: 202, body: {} }

function failure(status: ActionResult['status'], message: string): ActionResult {
  return { status, body: { message } }
}

async function askOperator(
  { opsUrl, opsToken, name }: FleetMember,
  action: string,
  input: Readonly<Record<string, unknown>>,
): Promise<ActionResult> {
  const result = await call({
    url: `${opsUrl}/actions/${action}`,
    method: 'POST',
    headers: { authorization: `Bearer ${opsToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  if (result.kind === 'answer' && result.status === 200) return { status: 200, body: parse(result.body) }
  const problem = result.kind === 'answer' ? parse(result.body) : undefined
  const detail = fieldOf(problem, 'detail') ?? fieldOf(problem, 'title') ?? ''
  return failure(502, `${name} answered ${shown(result)}. ${detail}`.trim())
}

function configValues(body: string): readonly ConfigValueMessage[] {
  const values = parse(body)
  if (typeof values !== 'object' || values === null) return []
  return Object.entries(values).map(([key, entry]: readonly [string, unknown]) => ({
    key,
    value: typeof entry === 'object' && entry !== null && 'value' in entry ? entry.value : undefined,
    origin: fieldOf(entry, 'origin') ?? '',
  }))
}

function fieldOf(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = Reflect.get(value, name)
  return typeof found === 'string' ? found : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function shown(result: HttpResult): string {
  return result.kind === 'answer' ? String(result.status) : result.code
}
