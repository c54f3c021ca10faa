import type { ServicePorts } from './ports.ts'
import type { ServiceSpec } from './service-spec.ts'

/** A service with its ports. */
export interface PlacedService {
  readonly spec: ServiceSpec
  readonly ports: ServicePorts
}

/** What a child is told besides its ports. */
export interface ChildSettings {
  /** What the command itself was started with. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Token of the operator actions. */
  readonly opsToken: string
  /** Endpoint of etcd; `undefined`: whatever the service is configured for. */
  readonly etcd: string | undefined
}

/** Address of everything that runs here: nothing of a developer's machine is offered to the network. */
export const loopback = '127.0.0.1'

/**
 * Makes the environment of one service: what is there already, its ports where they are not its own, the targets of its
 * dependencies that run here too, unless somebody has set them.
 */
export function childEnvironment(
  own: PlacedService,
  all: readonly PlacedService[],
  { env, opsToken, etcd }: ChildSettings,
): Readonly<Record<string, string | undefined>> {
  const { spec, ports } = own
  return {
    ...targetsOf(own, all),
    ...env,
    // Read by this command, which writes for people itself.
    LOG_FORMAT: 'gelf',
    OPS__TOKEN: opsToken,
    ...(spec.choosesHost ? {} : { HOST: loopback }),
    ...(ports.handedOver ? { PORT: String(ports.port), OPS_PORT: String(ports.opsPort) } : {}),
    ...(etcd === undefined ? {} : { ETCD_ENDPOINTS: etcd }),
  }
}

/** Names of the services of this run that a service calls. */
export function calledBy({ spec }: PlacedService, all: readonly PlacedService[]): readonly string[] {
  const others = all.map((one) => one.spec.name).filter((name) => name !== spec.name)
  return spec.targets === undefined ? [] : others.filter((name) => Object.hasOwn(spec.targets ?? {}, name))
}

function targetsOf(own: PlacedService, all: readonly PlacedService[]): Readonly<Record<string, string>> {
  const targets: Record<string, string> = {}
  for (const { spec, ports } of all) {
    if (spec.name === own.spec.name) continue
    // Of a service that could not be asked nothing is known: it gets every target under its usual name.
    const variable = own.spec.targets === undefined ? usualVariable(spec.name) : own.spec.targets[spec.name]
    if (variable !== undefined) targets[variable] = `http://${loopback}:${ports.port}`
  }
  return targets
}

/** `userAccounts` and `user-accounts` → `USER_ACCOUNTS_URL`, as DESIGN §3.2 names targets. */
function usualVariable(name: string): string {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z0-9]+/g, '_')
  return `${words.toUpperCase()}_URL`
}
