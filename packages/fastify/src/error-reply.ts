import type { Socket } from 'node:net'
import { isKeelsonError } from '@keelson/core/errors'
import { requestIdOf } from '@keelson/core/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Body of every error answer: RFC 9457 problem details, with the id under which the logs speak of it. */
export interface Problem {
  readonly type: 'about:blank'
  /** The status in words. */
  readonly title: string
  readonly status: number
  /** What the caller did wrong; never present for 5xx, whose reasons stay in the log. */
  readonly detail?: string
  readonly requestId: string
  /** Code of the error, for 4xx and for errors of dependencies. */
  readonly code?: string
}

/**
 * Answers a request whose handler threw. 5xx get one error line with the stack, which leaves the process only there (what an open circuit refused has none);
 * an answer that another service must not ask for again (a dependency that is down, an open circuit) says `x-no-retry`.
 */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const status = statusOf(error, reply)
  if (status >= 500)
    request.log.error({ err: error }, `${request.method} ${request.routeOptions.url ?? 'unmatched'} failed`)
  if (isKeelsonError(error) && /^KEELSON_(?:RESILIENCE|CLIENT|RESOURCE)_/.test(error.code)) {
    reply.header('x-no-retry', '1')
  }
  sendProblem(reply, status, request.id, {
    ...(status < 500 && error instanceof Error ? { detail: error.message } : {}),
    ...(status < 500 || isKeelsonError(error) ? codeOf(error) : {}),
  })
}

/** Answers a request for which there is no route. */
export function replyNotFound(request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, 404, request.id, {})
}

/** Sends problem details. */
export function sendProblem(
  reply: FastifyReply,
  status: number,
  requestId: string,
  extra: Pick<Problem, 'detail' | 'code'>,
): void {
  const problem: Problem = {
    type: 'about:blank',
    title: titleOf(status),
    status,
    ...extra,
    requestId,
  }
  // Serialised here: a route's response schema describes its answers, not its failures.
  reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .serializer(JSON.stringify)
    .send(problem)
}

/**
 * Answers bytes that are no HTTP request, on the bare socket: nothing of what was sent is reflected.
 * Made for Fastify's `clientErrorHandler`.
 */
export function replyToClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) {
    const status =
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
    const requestId = requestIdOf(undefined)
    const title = titleOf(status)
    const body = JSON.stringify({ type: 'about:blank', title, status, requestId } satisfies Problem)
    socket.write(
      `HTTP/1.1 ${status} ${title}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${requestId}\r\n\r\n${body}`,
    )
  }
  socket.destroySoon()
}

/** Not imported: an ES import of node:http runs the getters of its exports, and one of them loads all of undici (7 ms). */
function titleOf(status: number): string {
  return process.getBuiltinModule('node:http').STATUS_CODES[status] ?? 'Error'
}

function statusOf(error: unknown, reply: FastifyReply): number {
  const own =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  if (typeof own === 'number' && own >= 400 && own <= 599) return own
  return reply.statusCode >= 400 ? reply.statusCode : 500
}

function codeOf(error: unknown): { code?: string } {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? { code } : {}
}
