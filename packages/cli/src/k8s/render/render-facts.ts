import { KeelsonError } from '@keelson/core/errors'
import type { ServiceTools } from '../../config/service-tools.ts'
import { faultText } from '../../config/look.ts'

/** What manifests need to know of a service, from its definition and the files of one environment. */
export interface ServiceFacts {
  readonly httpPort: number
  readonly opsPort: number
  readonly graceMs: number
  readonly drainDelayMs: number
  readonly stallLimitMs: number
  /** Whether probes are answered beside the main thread, so that a busy one delays none of them. */
  readonly probesApart: boolean
  /** Where its state goes. */
  readonly stateDir: string
  /** Whom it calls: `catalog:8080`, and what for. */
  readonly calls: readonly ServiceCall[]
}

/** Something that a service opens connections to. */
export interface ServiceCall {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** What is the same in all environments. */
export interface ServiceIdentity {
  readonly name: string
  /** Whether it serves requests beside its operations endpoints. */
  readonly serves: boolean
  /** Variables that only the environment can set, and that have no default; secrets apart. */
  readonly required: readonly string[]
  readonly secrets: readonly { readonly variable: string; readonly required: boolean }[]
}

/** The identity of a service. */
export function identityOf(tools: ServiceTools): ServiceIdentity {
  const settable = tools.describe().filter(({ sources }) => sources.includes('env'))
  const secrets = settable.filter(({ sensitive }) => sensitive)
  return {
    name: tools.service,
    serves: tools.serves,
    required: settable.filter(({ required, sensitive }) => required && !sensitive).map(variableName),
    secrets: secrets.map((key) => ({ variable: variableName(key), required: key.required })),
  }
}

/**
 * Reads what the service would be configured to in Kubernetes, by its files and what the overlay sets.
 *
 * @param environment name of the file in `config/`
 * @param variables what the user has written into `config.env` of the overlay
 * @throws KeelsonError `KEELSON_CLI_DEFINITION_INVALID` when those files are wrong
 */
export async function factsOf(
  tools: ServiceTools,
  cwd: string,
  environment: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<ServiceFacts> {
  // The first is set in every container, some defaults depend on it.
  const place = { KUBERNETES_SERVICE_HOST: '10.0.0.1', NODE_ENV: 'production', APP_ENV: environment }
  const env = { ...place, ...variables }
  const { faults, values } = await tools.inspect({ env, argv: [], cwd })
  const wrong = faults.filter(({ missing }) => missing !== true)
  if (wrong.length > 0)
    throw new KeelsonError(
      'KEELSON_CLI_DEFINITION_INVALID',
      `The configuration of ${environment} is wrong:\n${wrong.map(faultText).join('')}`,
    )
  const valueOf = (key: string): unknown => values[key]?.value
  const numberOf = (key: string): number => {
    const value = valueOf(key)
    if (typeof value === 'number') return value
    throw new KeelsonError(
      'KEELSON_CLI_DEFINITION_INVALID',
      `The service has no number as ${key}: is its keelson as old as this command?`,
    )
  }
  const [httpPort, opsPort] = [numberOf('http.port'), numberOf('ops.port')]
  const stateDir = valueOf('state.dir')
  return {
    httpPort,
    opsPort,
    graceMs: numberOf('shutdown.grace'),
    drainDelayMs: numberOf('shutdown.drainDelay'),
    stallLimitMs: numberOf('ops.stallLimit'),
    probesApart: valueOf('ops.thread') === true && httpPort !== opsPort,
    stateDir: typeof stateDir === 'string' && stateDir !== '' ? stateDir : '/state',
    calls: callsOf(values),
  }
}

function callsOf(values: Readonly<Record<string, { readonly value: unknown }>>): readonly ServiceCall[] {
  const dependencies = Object.entries(values).flatMap(([key, { value }]) => {
    const name = /^dependencies\.(.+)\.target$/.exec(key)?.[1]
    return name === undefined ? [] : [[name, value] as const]
  })
  const endpoints = values['etcd.endpoints']?.value
  const etcd = Array.isArray(endpoints) ? endpoints.map((one: unknown) => ['etcd', one] as const) : []
  return [...dependencies, ...etcd, ['GELF receiver', values['log.gelf.url']?.value] as const].flatMap(
    ([name, target]) => {
      const url = typeof target === 'string' ? URL.parse(target) : null
      if (url === null || url.hostname === '') return []
      const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
      return [{ name, host: url.hostname, port }]
    },
  )
}

/** The alias that people know, where a key has one. */
function variableName({
  key,
  environmentNames,
}: {
  readonly key: string
  readonly environmentNames: readonly string[]
}): string {
  return environmentNames.at(-1) ?? key
}
