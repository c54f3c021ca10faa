import { isKeelsonError } from '@keelson/core/errors'
import { startOpsServer, startProbeThread, type OpsOptions, type OpsServer } from '@keelson/core/ops'

/** Where the operations endpoints go. */
export interface OpsPlace {
  readonly host: string
  readonly port: number
  /** Whether they are served on the service's own port. */
  readonly shared: boolean
  /** Whether they get a thread of their own, which a blocked main thread does not delay. */
  readonly thread: boolean
  readonly service: string
  readonly stallLimitMs: number
  /** Record of the process's life, where there is one. */
  readonly recordPath?: string
  /** Constant fields of the line that tells of a stall. */
  readonly lineFields?: Readonly<Record<string, string | number>>
}

/**
 * Starts the listener of the operations endpoints, unless they are shared: on a thread of its own, or, where none can
 * be had, on the main thread, which is said once.
 *
 * @throws KEELSON_HTTP_ADDRESS_IN_USE
 */
export async function startOps(
  { shared, thread, ...place }: OpsPlace,
  options: OpsOptions,
  warn: (message: string) => void,
): Promise<OpsServer | undefined> {
  if (shared) return undefined
  if (!thread) return startOpsServer({ host: place.host, port: place.port, ...options })
  try {
    return await startProbeThread({ ...place, ...options })
  } catch (error) {
    if (isKeelsonError(error)) throw error
    warn(
      `Probes are answered on the main thread, since a thread of their own could not be started: ${String(error)}`,
    )
    return startOpsServer({ host: place.host, port: place.port, ...options })
  }
}
