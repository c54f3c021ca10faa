import {
  type Config,
  describeSchema,
  inspectLocal,
  type KeyDescription,
  type LocalInspection,
} from '@keelson/config'
import { describeMetric, type MetricDefinition } from '@keelson/metrics'
import { checkDefinition } from './check-definition.ts'
import type { ServiceDefinition } from './definition.ts'
import { refineOf } from './dependency-faults.ts'
import { schemaOf } from './house-schema.ts'
import { loadConfig } from './load-config.ts'
import { type Runtime, resolveRuntime } from './runtime.ts'

/** Where a configuration is looked at. Nothing is taken from the process. */
export interface ToolPlace {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Arguments of the service, such as `--set key=value`. */
  readonly argv: readonly string[]
  /** Folder of the service. */
  readonly cwd: string
}

/**
 * Loads the configuration of a service as the service itself would, etcd included, without starting it. Close it.
 *
 * @throws KEELSON_CONFIG_INVALID, KEELSON_CONFIG_SOURCE_UNAVAILABLE, KEELSON_SERVICE_DEFINITION_INVALID
 */
export function openConfiguration(
  definition: ServiceDefinition,
  place: ToolPlace,
): Promise<Pick<Config<unknown>, 'explain' | 'toRedacted' | 'warnings' | 'hash' | 'close'>> {
  checkDefinition(definition)
  return loadConfig(definition, runtimeAt(place))
}

/**
 * Reads and checks the files of a service, and what of the environment is handed over, without etcd.
 *
 * @throws KEELSON_SERVICE_DEFINITION_INVALID, KEELSON_CONFIG_SCHEMA_INVALID
 */
export async function inspectConfiguration(
  definition: ServiceDefinition,
  place: ToolPlace,
): Promise<LocalInspection> {
  checkDefinition(definition)
  const runtime = runtimeAt(place)
  const refine = await refineOf(definition)
  return inspectLocal({
    service: definition.name,
    schema: schemaOf(definition, runtime),
    refine,
    env: place.env,
    argv: place.argv,
    cwd: place.cwd,
    production: runtime.production,
  })
}

/**
 * Describes every key of a service, those of the chassis first.
 *
 * @throws KEELSON_SERVICE_DEFINITION_INVALID, KEELSON_CONFIG_SCHEMA_INVALID
 */
export function describeConfiguration(definition: ServiceDefinition): readonly KeyDescription[] {
  checkDefinition(definition)
  return describeSchema(schemaOf(definition, runtimeAt({ env: {}, argv: [], cwd: '/' })))
}

/** What a board of a service is drawn from. */
export interface ServiceDescription {
  readonly name: string
  /** Names of the services that it calls, and of the resources that it declares: their series have one label. */
  readonly dependencies: readonly string[]
  /** Metrics of its own. */
  readonly metrics: readonly MetricDefinition[]
}

/**
 * Describes a service for those who watch it.
 *
 * @throws KEELSON_SERVICE_DEFINITION_INVALID, KEELSON_METRICS_OPTIONS_INVALID, KEELSON_METRICS_NAME_INVALID
 */
export function describeService(definition: ServiceDefinition): ServiceDescription {
  checkDefinition(definition)
  return {
    name: definition.name,
    dependencies: Object.keys({ ...definition.dependencies, ...definition.resources }),
    metrics: Object.values(definition.metrics ?? {}).map(describeMetric),
  }
}

/** The same on every machine: without a terminal. */
function runtimeAt(place: ToolPlace): Runtime {
  return { ...resolveRuntime({ ...place, signals: false }), terminal: false }
}
