import type { Log } from '@keelson/log'
import Fastify, { type FastifyServerOptions, LogController } from 'fastify'
import { inboundOf } from './inbound.ts'
import { replyToClientError, replyWithError } from './error-reply.ts'
import { lazyCompilers } from './lazy-compilers.ts'

/**
 * Options for `Fastify(...)` that only its constructor takes: no lines of its own for requests, answers for malformed
 * requests, and no 503 to requests that arrive during a drain. The user's own options win. Made without a logger:
 * `installKeelson` gives the app that of the service, at a fraction of the cost.
 *
 * @param log writes what is to be said of a request that Fastify could not route
 */
export function keelsonAppOptions(log: Log, own: FastifyServerOptions = {}): FastifyServerOptions {
  return {
    // Read by the plugin, which checks it first (DESIGN §3.4); Fastify's own reading would let anything through.
    requestIdHeader: false,
    logController: new QuietRequests(),
    schemaController: lazyCompilers(() => Fastify()),
    // A 503 to business traffic is a lost request; connections are told to leave instead (facts on stopping, §4).
    return503OnClosing: false,
    // Longer than the idle time-out of usual balancers (ALB: 60 s), so that they close first.
    keepAliveTimeout: 75_000,
    clientErrorHandler: (error, socket) => replyToClientError(error, socket),
    frameworkErrors: (error, request, reply) => {
      const inbound = inboundOf(request)
      // No hook runs for such a request.
      if (inbound !== undefined) request.log = log.forContext(inbound)
      reply.header('x-request-id', request.id)
      replyWithError(error, request, reply)
    },
    ...own,
  }
}

/** Leaves the two lines a request out, which the access line replaces; what Fastify says of faults stays. */
class QuietRequests extends LogController {
  override incomingRequest(): void {}
  override requestCompleted(): void {}
}
