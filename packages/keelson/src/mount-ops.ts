import { createOpsHandler, opsPaths, type OpsHandler, type OpsOptions } from '@keelson/core/ops'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/**
 * Adds the operations endpoints to the service's own app, for a shared port. They write no line unless they fail.
 */
export function mountOps(app: FastifyInstance, options: OpsOptions): void {
  const handle = createOpsHandler(options)
  // A request's body is read by the handler itself: it must not be taken for JSON of the service's own.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.route({
      method: 'POST',
      url: '/actions/:name',
      config: { keelson: { exempt: true } },
      handler: (request, reply) => answer(handle, request, reply),
    })
  })
  for (const path of opsPaths) {
    app.route({
      method: ['GET', 'HEAD'],
      url: path,
      config: { keelson: { silent: true, exempt: true } },
      handler: (request, reply) => answer(handle, request, reply),
    })
  }
}

async function answer(handle: OpsHandler, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack()
  reply.raw.setHeader('x-request-id', request.id)
  await handle(request.raw, reply.raw)
}
