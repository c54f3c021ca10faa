import type { Health, ProbeAnswer } from '../health/index.ts'
import { actionPrefix } from './ops-action-limits.ts'

/** A page of metrics. */
export interface MetricsPage {
  readonly contentType: string
  /** Text, or its UTF-8: a large page that exists as bytes already is not encoded again. */
  readonly body: string | Uint8Array
}

/** What the operations endpoints show. */
export interface OpsOptions {
  readonly health: Health
  /** Writes the page of `/metrics`; 404 without. */
  readonly metrics?: (accept: string | undefined) => Promise<MetricsPage>
  /** Facts of `/info`; 404 without. */
  readonly info?: () => Readonly<Record<string, unknown>>
  /** Effective configuration with origins, secrets masked; 404 without, as in production unless switched on. */
  readonly config?: () => unknown
  /** Answers `/actions/…`; 404 without. See `createActionResponder`. */
  readonly actions?: OpsResponder
}

/** What of a request decides over its answer. */
export interface OpsRequest {
  readonly method: string
  /** With or without a query, which is not looked at. */
  readonly url: string
  readonly accept: string | undefined
  /** Body of an action. */
  readonly body?: string | undefined
  /** For actions. */
  readonly authorization?: string | undefined
  /** Who asks, for the audit of actions. */
  readonly remoteIp?: string | undefined
}

/** A whole answer; plain data, so that it may cross to another thread. */
export interface OpsAnswer {
  readonly statusCode: number
  readonly contentType: string
  readonly body: string | Uint8Array
  /** Methods that are allowed, on 405. */
  readonly allow?: string
}

/** Paths of the operations endpoints (DESIGN §3.3). */
export const opsPaths: readonly string[] = Object.freeze([
  '/liveness',
  '/readiness',
  '/startup',
  '/metrics',
  '/info',
  '/config',
])

/** Answers a request for an operations endpoint; anything else is 404. Never rejects. */
export type OpsResponder = (request: OpsRequest) => Promise<OpsAnswer>

/** Makes the responder of the operations endpoints. */
export function createOpsResponder({ health, metrics, info, config, actions }: OpsOptions): OpsResponder {
  return async (request) => {
    const { method, url, accept } = request
    if (pathOf(url).startsWith(actionPrefix)) return actions === undefined ? notFound : actions(request)
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed
    try {
      switch (pathOf(url)) {
        case '/liveness':
          return probeAnswer(health.liveness())
        case '/readiness':
          return probeAnswer(health.readiness())
        case '/startup':
          return probeAnswer(health.startup())
        case '/metrics':
          return metrics === undefined ? notFound : { statusCode: 200, ...(await metrics(accept)) }
        case '/info':
          return info === undefined ? notFound : json(200, info())
        case '/config':
          return config === undefined ? notFound : json(200, config())
        default:
          return notFound
      }
    } catch {
      // What failed is the metrics page or a user's fact; their errors are counted or logged where they arise.
      return problem(500, 'Internal Server Error')
    }
  }
}

/** The path of a URL as sent, without its query. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** Answer to a probe: 200 when up, else 503. */
export function probeAnswer(answer: ProbeAnswer): OpsAnswer {
  return json(answer.status === 'up' ? 200 : 503, answer)
}

/** A refusal in the form of RFC 9457. */
export function problem(status: number, title: string): OpsAnswer {
  return {
    statusCode: status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title, status }),
  }
}

/** Answer to any path that is not known. */
export const notFound: OpsAnswer = problem(404, 'Not Found')
/** Answer to any method but GET and HEAD. */
export const methodNotAllowed: OpsAnswer = { ...problem(405, 'Method Not Allowed'), allow: 'GET, HEAD' }

function json(statusCode: number, body: unknown): OpsAnswer {
  return { statusCode, contentType: 'application/json', body: JSON.stringify(body) }
}
