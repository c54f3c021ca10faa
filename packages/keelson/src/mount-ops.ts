import { createOpsHandler, opsPaths, type OpsOptions } from '@keelson/core/ops'
import type { FastifyInstance } from 'fastify'

/**
 * Adds the operations endpoints to the service's own app, for a shared port. They write no line unless they fail.
 */
export function mountOps(app: FastifyInstance, options: OpsOptions): void {
  const handle = createOpsHandler(options)
  for (const path of opsPaths) {
    app.route({
      method: ['GET', 'HEAD'],
      url: path,
      config: { keelson: { silent: true } },
      handler: async (request, reply) => {
        reply.hijack()
        reply.raw.setHeader('x-request-id', request.id)
        await handle(request.raw, reply.raw)
      },
    })
  }
}
