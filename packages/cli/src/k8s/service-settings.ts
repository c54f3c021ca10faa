import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import type { ConfigPlace, KeyDescription, ServiceTools, ShownValue } from '../config/service-tools.ts'

/** What rules for the environment of a container need to know of a key. */
export type SettingKey = Pick<
  KeyDescription,
  'key' | 'environmentNames' | 'members' | 'required' | 'sensitive' | 'sources'
>

/** The configuration of a service, as far as manifests are judged by it. */
export interface ServiceSettings {
  readonly service: string
  readonly keys: readonly SettingKey[]
  /** What its files and the variables of a container come to. */
  inspect(env: Readonly<Record<string, string>>): Promise<SettingsInspection>
}

/** What a configuration comes to in one place. */
export interface SettingsInspection {
  /** Keys that nothing known sets, and that have no default. */
  readonly missing: readonly string[]
  /** Variables whose value does not do. */
  readonly faults: readonly { readonly variable: string; readonly problem: string }[]
  readonly values: Readonly<Record<string, Pick<ShownValue, 'value'>>>
}

/** The file that `keelson config docs --format keys` writes. */
interface KeysFile {
  readonly service: string
  readonly keys: readonly SettingKey[]
  /** Keys that have to be set where the service runs, by environment. */
  readonly toBeSet: Readonly<Record<string, readonly string[]>>
}

/** Settings from the definition of a service, its files included. */
export function settingsOfService(tools: ServiceTools, cwd: string): ServiceSettings {
  return {
    service: tools.service,
    keys: tools.describe(),
    inspect: async (env) => {
      // Set in every container; some defaults depend on it.
      const place: ConfigPlace = { env: { KUBERNETES_SERVICE_HOST: '10.0.0.1', ...env }, argv: [], cwd }
      const { faults, values } = await tools.inspect(place)
      return {
        missing: faults.flatMap(({ key, missing }) => (missing === true ? [key] : [])),
        faults: faults.flatMap(({ origin, value, problem }) => {
          const variable = /^env (\S+)$/.exec(origin)?.[1]
          const shown = value === undefined ? problem : `is ${value}: ${problem}`
          return variable === undefined ? [] : [{ variable, problem: shown }]
        }),
        values,
      }
    },
  }
}

/**
 * Settings from a file that `keelson config docs --format keys` wrote: for places where the service itself is not.
 * Values are not judged.
 *
 * @throws KeelsonError `KEELSON_CLI_USAGE`
 */
export function settingsOfFile(path: string, cwd: string): ServiceSettings {
  const { service, keys, toBeSet } = readKeysFile(isAbsolute(path) ? path : join(cwd, path), path)
  return {
    service,
    keys,
    inspect: ({ APP_ENV, NODE_ENV }) => {
      const environment = APP_ENV || NODE_ENV || 'development'
      const required = keys.filter((key) => key.required).map(({ key }) => key)
      const missing = Object.hasOwn(toBeSet, environment) ? toBeSet[environment] : required
      return Promise.resolve({ missing: missing ?? required, faults: [], values: {} })
    },
  }
}

/** Text of the file that {@link settingsOfFile} reads. */
export async function keysFile(
  tools: ServiceTools,
  cwd: string,
  environments: readonly string[],
): Promise<string> {
  const toBeSet: Record<string, readonly string[]> = {}
  for (const environment of environments) {
    const { faults } = await tools.inspect({ env: { APP_ENV: environment }, argv: [], cwd })
    toBeSet[environment] = faults.flatMap(({ key, missing }) => (missing === true ? [key] : []))
  }
  const keys = tools.describe().map(({ key, environmentNames, members, required, sensitive, sources }) => ({
    key,
    environmentNames,
    members,
    required,
    sensitive,
    sources,
  }))
  const file: KeysFile = { service: tools.service, keys, toBeSet }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

function readKeysFile(path: string, shown: string): KeysFile {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isKeysFile(content)) return content
  } catch (error) {
    throw usage(`${shown} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
  throw usage(`${shown} is not what keelson config docs --format keys writes. Write it anew.`)
}

function isKeysFile(content: unknown): content is KeysFile {
  if (typeof content !== 'object' || content === null) return false
  if (!('service' in content && 'keys' in content && 'toBeSet' in content)) return false
  const { service, keys, toBeSet } = content
  return (
    typeof service === 'string' &&
    Array.isArray(keys) &&
    keys.every(isKey) &&
    typeof toBeSet === 'object' &&
    toBeSet !== null &&
    Object.values(toBeSet).every(Array.isArray)
  )
}

function isKey(key: unknown): boolean {
  return (
    typeof key === 'object' &&
    key !== null &&
    'environmentNames' in key &&
    Array.isArray(key.environmentNames) &&
    'sources' in key &&
    Array.isArray(key.sources) &&
    'members' in key &&
    typeof key.members === 'object'
  )
}

function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', message)
}
