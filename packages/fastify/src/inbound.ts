import type { IncomingMessage } from 'node:http'
import type { InboundRequest } from '@keelson/core/http'
import type { FastifyRequest } from 'fastify'

const inboundKey = Symbol('keelson.inbound')

/** Gives the request that Fastify handles as the rest of the house knows it: context, deadline, signal. */
export function inboundOf(request: FastifyRequest): InboundRequest | undefined {
  return (request.raw as WithInbound)[inboundKey]
}

/** Makes the function that opens each request once, whoever asks first. */
export function createInboundReader(
  open: (raw: IncomingMessage) => InboundRequest,
): (raw: IncomingMessage) => InboundRequest {
  return (raw: WithInbound) => (raw[inboundKey] ??= open(raw))
}

/** The symbol is ours alone. */
interface WithInbound extends IncomingMessage {
  [inboundKey]?: InboundRequest
}
