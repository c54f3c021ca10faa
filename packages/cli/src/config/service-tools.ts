import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KeelsonError } from '@keelson/core/errors'
import type { MetricDefinition } from '@keelson/metrics'

/** What `keelson/tools` says of one key; its `KeyDescription`. */
export interface KeyDescription {
  readonly key: string
  readonly doc: string | undefined
  readonly format: string
  readonly accepts: string
  readonly values: readonly (string | number | boolean)[] | undefined
  readonly default: unknown
  readonly required: boolean
  readonly nullable: boolean
  readonly sensitive: boolean
  readonly reload: 'hot' | 'restart'
  readonly sources: readonly string[]
  readonly environmentNames: readonly string[]
  readonly members: Readonly<Record<string, readonly string[]>>
  readonly unit: string | undefined
  readonly deprecated: string | undefined
}

/** A value with its origin; secrets are masked already. */
export interface ShownValue {
  readonly value: unknown
  readonly origin: string
  readonly pending?: { readonly value: unknown; readonly origin: string } | undefined
}

/** Everything that is known of one key. */
export interface KeyExplanation extends ShownValue {
  readonly key: string
  readonly doc: string | undefined
  readonly format: string
  readonly layer: string
  readonly layers: readonly { readonly layer: string; readonly origin: string; readonly value: unknown }[]
  readonly environmentNames: readonly string[]
  readonly reload: string
  readonly pinned: boolean
  readonly shadowed: boolean
}

/** One thing that is wrong with a configuration. */
export interface ConfigFault {
  readonly key: string
  readonly value?: string | undefined
  readonly problem: string
  readonly origin: string
  readonly suggestion: string
  readonly missing?: boolean
}

/** Where a configuration is looked at. */
export interface ConfigPlace {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly argv: readonly string[]
  readonly cwd: string
}

/** What a board of a service is drawn from; `ServiceDescription` of `keelson/tools`. */
export interface ServiceDescription {
  readonly name: string
  readonly dependencies: readonly string[]
  readonly metrics: readonly MetricDefinition[]
}

/** What a service's own `keelson/tools` can do, bound to its definition. */
export interface ServiceTools {
  readonly service: string
  /** Whether the service serves requests; a worker has operations endpoints only. */
  readonly serves: boolean
  /** What is called and counted by the service. */
  describeService(): ServiceDescription
  describe(): readonly KeyDescription[]
  inspect(place: ConfigPlace): Promise<{
    readonly environment: string
    readonly faults: readonly ConfigFault[]
    readonly warnings: readonly string[]
    readonly values: Readonly<Record<string, ShownValue>>
  }>
  open(place: ConfigPlace): Promise<{
    explain(key: string): KeyExplanation
    toRedacted(): Readonly<Record<string, ShownValue>>
    readonly warnings: readonly string[]
    readonly hash: string
    close(): Promise<void>
  }>
}

/** Where the definition of a service is looked for when `--service` names no file. */
const usualFiles = ['src/service.ts', 'src/service.js', 'dist/service.js', 'service.ts', 'service.js']

/**
 * Imports the definition of a service and the tools of the keelson that it uses. Nothing is started: a definition is
 * data.
 *
 * @param file path of the module that exports the definition; `undefined`: one of the usual
 * @throws KeelsonError `KEELSON_CLI_DEFINITION_INVALID`
 */
export async function loadServiceTools(cwd: string, file: string | undefined): Promise<ServiceTools> {
  const found = file ?? usualFiles.find((name) => existsSync(join(cwd, name)))
  if (found === undefined) {
    throw definitionError(`There is none of ${usualFiles.join(', ')} in ${cwd}. Name the file by --service.`)
  }
  const path = resolve(cwd, found)
  const definition = definitionIn(await importFile(path, found), found)
  const tools = await importTools(path)
  return {
    service: definition.name,
    serves: definition.http !== false,
    describeService: () => tools.describeService(definition),
    describe: () => tools.describeConfiguration(definition),
    inspect: (place) => tools.inspectConfiguration(definition, place),
    open: (place) => tools.openConfiguration(definition, place),
  }
}

interface Definition {
  readonly name: string
  readonly http?: boolean
}

interface ToolsModule {
  describeService(definition: Definition): ServiceDescription
  describeConfiguration(definition: Definition): ReturnType<ServiceTools['describe']>
  inspectConfiguration(definition: Definition, place: ConfigPlace): ReturnType<ServiceTools['inspect']>
  openConfiguration(definition: Definition, place: ConfigPlace): ReturnType<ServiceTools['open']>
}

async function importFile(path: string, shown: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>> // a module's namespace
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw definitionError(`${shown} cannot be imported: ${message}`, error)
  }
}

/** The one export that looks like a definition: its name does not matter. */
function definitionIn(module: Readonly<Record<string, unknown>>, shown: string): Definition {
  const found = [...new Set(Object.values(module))].filter(isDefinition)
  const [definition] = found
  if (definition !== undefined && found.length === 1) return definition
  throw definitionError(
    `${shown} exports ${found.length === 0 ? 'no definition' : 'several definitions'} of a service. Export what defineService gives, once.`,
  )
}

function isDefinition(value: unknown): value is Definition {
  if (typeof value !== 'object' || value === null || !('name' in value)) return false
  const words = ['name', 'version', 'config', 'dependencies', 'http', 'metrics', 'refine']
  return (
    typeof value.name === 'string' &&
    Object.getPrototypeOf(value) === Object.prototype &&
    ('config' in value || 'dependencies' in value || Object.keys(value).every((key) => words.includes(key)))
  )
}

/** The keelson that the service itself would run on, found from where its definition is. */
async function importTools(path: string): Promise<ToolsModule> {
  let tools: string
  try {
    tools = createRequire(path).resolve('keelson/tools')
  } catch (error) {
    throw definitionError(
      `The service of ${path} has no keelson installed that the command could ask.`,
      error,
    )
  }
  return (await import(pathToFileURL(tools).href)) as ToolsModule // what keelson declares of this entry
}

function definitionError(message: string, cause?: unknown): KeelsonError {
  return new KeelsonError('KEELSON_CLI_DEFINITION_INVALID', message, cause === undefined ? {} : { cause })
}
