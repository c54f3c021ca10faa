import type { IncomingMessage, ServerResponse } from 'node:http'
import { compressed } from './compress.ts'
import { actionPrefix, MAX_ACTION_BYTES } from './ops-action-limits.ts'
import {
  createOpsResponder,
  problem,
  type OpsAnswer,
  type OpsOptions,
  type OpsRequest,
} from './ops-answer.ts'

/** Answers a request for an operations endpoint; anything else is 404. Never rejects. */
export type OpsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Makes the handler of the operations endpoints, for a listener of their own or for a path of a shared one. */
export function createOpsHandler(options: OpsOptions): OpsHandler {
  const respond = createOpsResponder(options)
  return async (request, response) => {
    const asked = await readOpsRequest(request)
    await writeAnswer(request, response, asked === undefined ? tooLarge : await respond(asked))
  }
}

/** @returns what decides over the answer, the body of an action included; `undefined` when that is too large or cut off */
export async function readOpsRequest(request: IncomingMessage): Promise<OpsRequest | undefined> {
  const { method = '', url = '', headers } = request
  const asked = { method, url, accept: headers.accept }
  if (!url.startsWith(actionPrefix)) return asked
  const body = await readBody(request)
  if (body === undefined) return undefined
  return { ...asked, body, authorization: headers.authorization, remoteIp: request.socket.remoteAddress }
}

const tooLarge: OpsAnswer = problem(413, 'Content Too Large')

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MAX_ACTION_BYTES) return undefined
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString()
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
