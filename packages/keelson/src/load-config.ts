import { resolve } from 'node:path'
import { type Config, type ConfigSchema, createConfig } from '@keelson/config'
import type { EtcdTlsFiles } from '@keelson/config-etcd'
import type { ServiceDefinition } from './definition.ts'
import { refineOf } from './dependency-faults.ts'
import type { DependencySettings } from './dependency-keys.ts'
import { schemaOf, type HouseSchema } from './house-schema.ts'
import type { ResourceConfiguration } from './resource-keys.ts'
import type { Runtime } from './runtime.ts'

/** What the chassis itself reads of a service's configuration. */
export type HouseConfig = Omit<Config<HouseSchema>, 'current'> & {
  readonly current: Config<HouseSchema>['current'] & {
    /** `undefined` where none are declared. */
    readonly dependencies?: Readonly<Record<string, DependencySettings>>
    /** `undefined` where none are declared. */
    readonly resources?: Readonly<Record<string, ResourceConfiguration>>
  }
}

/** Settings of one of those whose names the definition gives. */
interface Named {
  readonly dependencies: DependencySettings
  readonly resources: ResourceConfiguration
}

/** Follows the keys of one dependency or resource, which the schema has beside those that type it. */
export function followGroup<Group extends keyof Named>(
  config: HouseConfig,
  group: Group,
  name: string,
  listener: (next: Named[Group]) => void,
): () => void {
  const built = config as unknown as Config<ConfigSchema> // as `schemaOf` has built it
  return built.subscribe(`${group}.${name}`, (next) => listener(next as Named[Group]))
}

/**
 * Loads the configuration of a service. etcd's client is only loaded where `etcd.endpoints` names one. In production
 * the variables of secrets are taken out of the process's environment.
 *
 * @throws KEELSON_CONFIG_INVALID with every fault, KEELSON_CONFIG_SOURCE_UNAVAILABLE
 */
export async function loadConfig(definition: ServiceDefinition, runtime: Runtime): Promise<HouseConfig> {
  const refine = await refineOf(definition)
  const config = await createConfig({
    service: definition.name,
    schema: schemaOf(definition, runtime),
    refine,
    env: runtime.env,
    argv: runtime.argv,
    cwd: runtime.cwd,
    production: runtime.production,
    sourceTimeoutMs: startBudgetLeftMs(runtime),
    sources: async (local) => {
      const value = (key: string) => local.value(key)
      const endpoints = value('etcd.endpoints') as readonly string[] // as the schema says of this key and those below
      if (endpoints.length === 0) return []
      const { createEtcdSource } = await import('@keelson/config-etcd')
      const username = value('etcd.username') as string | null
      const password = value('etcd.password') as string | null
      const required = value('etcd.required') as boolean | 'snapshot' | null
      const tls = tlsFiles(value)
      return [
        createEtcdSource({
          endpoints,
          org: value('etcd.org') as string,
          env: local.environment,
          service: definition.name,
          securePasswords: runtime.production,
          required: required ?? (value('state.dir') === null ? true : 'snapshot'),
          ...(tls === undefined ? {} : { tls }),
          ...(username === null ? {} : { username }),
          ...(password === null ? {} : { password }),
        }),
      ]
    },
    snapshotFile: ({ value }) => {
      const directory = value('state.dir') as string | null
      return directory === null ? undefined : { directory: resolve(runtime.cwd, directory) }
    },
  })
  if (runtime.production && runtime.env === process.env) {
    // Not inherited by child processes, nor shown by diagnostic reports from here on.
    for (const name of config.sensitiveVariables()) delete process.env[name]
  }
  return config as unknown as HouseConfig // the schema is built at run time around the literal that types it
}

/** From the birth of the process to its first configuration; beyond it a start looks like a hang. Issue 3. */
const startBudgetMs = 5_000

/** Less than two calls of etcd's source have a chance in is no budget. */
const leastBudgetMs = 2_500

/**
 * What loading code has left of the budget. A process whose life is somebody else's (a test, a tool) has the whole.
 *
 * @returns milliseconds
 */
function startBudgetLeftMs({ signals }: Runtime): number {
  return signals ? Math.max(leastBudgetMs, startBudgetMs - process.uptime() * 1_000) : startBudgetMs
}

function tlsFiles(value: (key: string) => unknown): EtcdTlsFiles | undefined {
  const files = ['caFile', 'certFile', 'keyFile'].flatMap((name) => {
    const path = value(`etcd.tls.${name}`) as string | null // as the schema says of these keys
    return path === null ? [] : [[name, path]]
  })
  return files.length === 0 ? undefined : Object.fromEntries(files)
}
