import {
  createOpsHandler,
  opsPaths,
  startOpsServer,
  type OpsOptions,
  type OpsServer,
} from '@keelson/core/ops'
import type { FastifyInstance } from 'fastify'

/** Where the operations endpoints go. */
export interface OpsPlace {
  readonly host: string
  readonly port: number
  /** Whether they are served on the service's own port. */
  readonly shared: boolean
}

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

/** Starts the listener of the operations endpoints, unless they are shared. */
export async function startOps(
  { host, port, shared }: OpsPlace,
  options: OpsOptions,
): Promise<OpsServer | undefined> {
  return shared ? undefined : startOpsServer({ host, port, ...options })
}
