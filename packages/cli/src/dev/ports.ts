import type { ServiceSpec } from './service-spec.ts'

/** Where a service listens on the loopback address. */
export interface ServicePorts {
  readonly port: number
  /** Equal to `port` where the operations endpoints are on the service's own. */
  readonly opsPort: number
  /** Whether they must be handed over, since the service would take others by itself. */
  readonly handedOver: boolean
}

/** Ports of a service whose configuration could not be asked (DESIGN §3.2). */
const usualPorts = { port: 8080, opsPort: 8081 }
/** How far above a taken port the next one is looked for. */
const SEARCH_LENGTH = 500

/**
 * Gives every service its ports: its own where they are free, else the next above them, so that they are the same at the
 * next run.
 *
 * @param isFree whether nobody listens on a port
 * @throws Error when there is no free port among the next 500
 */
export async function assignPorts(
  specs: readonly Pick<ServiceSpec, 'ports'>[],
  isFree: (port: number) => Promise<boolean>,
): Promise<readonly ServicePorts[]> {
  const claimed = new Set<number>()
  const claim = async (wanted: number): Promise<number> => {
    const last = Math.min(wanted + SEARCH_LENGTH, 65_535)
    for (let port = wanted; port <= last; port += 1) {
      if (claimed.has(port) || !(await isFree(port))) continue
      claimed.add(port)
      return port
    }
    throw new Error(`There is no free port from ${wanted} to ${last}.`)
  }
  const all: ServicePorts[] = []
  for (const { ports } of specs) {
    const wanted = ports ?? usualPorts
    const port = await claim(wanted.port)
    const opsPort = wanted.opsPort === wanted.port ? port : await claim(wanted.opsPort)
    const keepsOwn = ports !== undefined && port === wanted.port && opsPort === wanted.opsPort
    all.push({ port, opsPort, handedOver: !keepsOwn })
  }
  return all
}
