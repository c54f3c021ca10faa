import { listen } from '../http/index.ts'
import type { OpsOptions } from './ops-answer.ts'
import { createOpsHandler } from './ops-handler.ts'

/** Where the operations endpoints listen. */
export interface OpsServerOptions extends OpsOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
}

/** A listener for probes, metrics and facts, apart from the service's own port. */
export interface OpsServer {
  /** Port in use, once listening. */
  readonly port: number
  /** When a probe was last answered, in milliseconds since 1970; known where probes have a thread of their own. */
  lastProbeAtMs(): number | undefined
  /** Stops listening and closes every connection. */
  close(): Promise<void>
}

/**
 * Starts the operations listener.
 *
 * @throws KEELSON_HTTP_ADDRESS_IN_USE when the port is taken
 */
export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const handle = createOpsHandler(options)
  // Not imported: an ES import of node:http runs the getters of its exports, and one of them loads all of undici (7 ms).
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer((request, response) => void handle(request, response))
  // Probes are small and local: whoever needs longer than this is not a probe.
  server.headersTimeout = 5_000
  server.requestTimeout = 10_000
  const port = await listen(server, {
    host: options.host,
    port: options.port,
    portVariable: 'OPS_PORT',
    purpose: 'operations endpoints',
  })
  return {
    port,
    lastProbeAtMs: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
