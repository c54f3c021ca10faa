import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Health, ProbeAnswer } from '../health/index.ts'

/** A page of metrics. */
export interface MetricsPage {
  readonly contentType: string
  readonly body: string
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
export type OpsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Makes the handler of the operations endpoints, for a listener of their own or for a path of a shared one. */
export function createOpsHandler(options: OpsOptions): OpsHandler {
  const { health } = options
  return async (request, response) => {
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        send(request, response, 405, { status: 405, title: 'Method Not Allowed' }, { allow: 'GET, HEAD' })
        return
      }
      const path = pathOf(request)
      if (path === '/liveness') probe(request, response, health.liveness())
      else if (path === '/readiness') probe(request, response, health.readiness())
      else if (path === '/startup') probe(request, response, health.startup())
      else if (path === '/metrics' && options.metrics !== undefined) {
        const page = await options.metrics(request.headers.accept)
        write(request, response, 200, page.contentType, page.body, {})
      } else if (path === '/info' && options.info !== undefined) send(request, response, 200, options.info())
      else if (path === '/config' && options.config !== undefined)
        send(request, response, 200, options.config())
      else send(request, response, 404, { status: 404, title: 'Not Found' })
    } catch {
      // What failed is the metrics page or a user's fact; their errors are counted or logged where they arise.
      if (!response.headersSent) send(request, response, 500, { status: 500, title: 'Internal Server Error' })
      else response.destroy()
    }
  }
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? ''
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

function probe(request: IncomingMessage, response: ServerResponse, answer: ProbeAnswer): void {
  send(request, response, answer.status === 'up' ? 200 : 503, answer)
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const problem = statusCode >= 400 && statusCode !== 503
  write(
    request,
    response,
    statusCode,
    problem ? 'application/problem+json' : 'application/json',
    JSON.stringify(body),
    headers,
  )
}

function write(
  request: IncomingMessage,
  response: ServerResponse,
  statusCode: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(statusCode, {
    ...headers,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
