import type { IncomingMessage, ServerResponse } from 'node:http'
import { compressed } from './compress.ts'
import { createOpsResponder, type OpsAnswer, type OpsOptions } from './ops-answer.ts'

/** Answers a request for an operations endpoint; anything else is 404. Never rejects. */
export type OpsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Makes the handler of the operations endpoints, for a listener of their own or for a path of a shared one. */
export function createOpsHandler(options: OpsOptions): OpsHandler {
  const respond = createOpsResponder(options)
  return async (request, response) => {
    const { method = '', url = '', headers } = request
    await writeAnswer(request, response, await respond({ method, url, accept: headers.accept }))
  }
}

/** Sends an answer: JSON or a page of metrics, kept by no cache, compressed on demand, its body left out for HEAD. */
export async function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: OpsAnswer,
): Promise<void> {
  const bytes = await compressed(answer.body, request.headers['accept-encoding'])
  const body = bytes ?? answer.body
  response.writeHead(answer.statusCode, {
    'content-type': answer.contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    vary: 'accept, accept-encoding',
    'x-content-type-options': 'nosniff',
    ...(bytes === undefined ? {} : { 'content-encoding': 'gzip' }),
    ...(answer.allow === undefined ? {} : { allow: answer.allow }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
