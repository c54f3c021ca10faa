import { resolve } from 'node:path'
import { type Clock, systemClock } from '@keelson/core/clock'
import { checkOptions, isKeelsonError, optionRules } from '@keelson/core/errors'
import type { CustomFormat } from './compile-format.ts'
import { type CompiledSchema, compileSchema, placeOf } from './compile-schema.ts'
import type { ConfigSource } from './config-source.ts'
import { showValue } from './display.ts'
import { evaluate } from './evaluate.ts'
import type { Explanation, PendingValue } from './explain.ts'
import { type ConfigFault, configInvalid } from './faults.ts'
import { scalarFormats } from './formats.ts'
import type { LayerReading, Precedence } from './layer.ts'
import { createLiveConfig, unknownKeyError } from './live-config.ts'
import type { MountedDirectories } from './mounted-directory.ts'
import { mergeReadings, readLocalLayers } from './local-layers.ts'
import { loadSources } from './load-sources.ts'
import { readRemoteLayer } from './remote-layer.ts'
import type { Refine } from './refine.ts'
import { type Resolution, type ResolveOptions, resolveLayers } from './resolve.ts'
import type { ConfigSchema } from './schema.ts'
import type { SnapshotFile, SnapshotFileOptions } from './snapshot-file.ts'
import type { ConfigKey, ConfigValueAt, ConfigValues } from './values.ts'

/** What a source is made from: keys that the local layers have settled, such as `etcd.endpoints`. */
export interface SourceContext {
  readonly service: string
  /** `<env>`. */
  readonly environment: string
  /**
   * Value of a key by the local layers alone, secrets bare. The key should not have the source `remote`, which could
   * change it afterwards.
   *
   * @throws KEELSON_CONFIG_INVALID with every local fault when the key's own value is wrong or missing
   */
  readonly value: (key: string) => unknown
}

/** What {@link createConfig} is given. Nothing is read from `process`. */
export interface ConfigOptions<Schema extends ConfigSchema> {
  /** Name of the service, in messages and on channels. */
  readonly service: string
  readonly schema: Schema
  /**
   * Environment variables, `process.env`. `KEELSON_CONFIG_DIR` names folders of mounted values, which are followed.
   *
   * @defaultValue none
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Arguments after the script, `process.argv.slice(2)`. @defaultValue none */
  readonly argv?: readonly string[]
  /** Folder that holds `directory` and `.env`, `process.cwd()`. @defaultValue none, and no file is read */
  readonly cwd?: string
  /** Folder of the JSON files, relative to `cwd`. @defaultValue 'config' */
  readonly directory?: string
  /** Remote sources, low to high; or a function that makes them from what is configured locally. @defaultValue none */
  readonly sources?:
    | readonly ConfigSource[]
    | ((context: SourceContext) => readonly ConfigSource[] | Promise<readonly ConfigSource[]>)
  /**
   * Budget for loading all sources, in milliseconds.
   *
   * @range above 0
   * @defaultValue 5000 — a start that takes longer is indistinguishable from a hang; DESIGN §3.1, issue 3
   */
  readonly sourceTimeoutMs?: number
  /**
   * Where the last good values of the sources are kept, or a function that says so from what is configured locally.
   * Sources with `required: 'snapshot'` or `false` start from it when they are out of reach.
   *
   * @defaultValue none, and nothing is written
   */
  readonly snapshotFile?: SnapshotFileOptions | ((context: SourceContext) => SnapshotFileOptions | undefined)
  /** Whether remote sources win over the environment. @defaultValue 'etcd-over-env' */
  readonly precedence?: Precedence
  /** A check across keys, run on every candidate after each key has been checked alone. @defaultValue none */
  readonly refine?: Refine<Schema>
  /** Formats of the user's own by name, hermetic where convict's `addFormats` is global to the process. */
  readonly formats?: Readonly<Record<string, CustomFormat>>
  /** Treat an empty environment variable as one that is not set. @defaultValue false */
  readonly emptyIsUnset?: boolean
  /** @defaultValue whether `NODE_ENV` or `<env>` is `production` */
  readonly production?: boolean
  /** @defaultValue the real time */
  readonly clock?: Clock
}

/** Values of the options of {@link createConfig} that were left out. */
export const configDefaults: {
  readonly directory: string
  readonly sourceTimeoutMs: number
  readonly precedence: Precedence
  readonly emptyIsUnset: boolean
} = Object.freeze({
  directory: 'config',
  sourceTimeoutMs: 5_000,
  precedence: 'etcd-over-env',
  emptyIsUnset: false,
})

/** One line of `config.toRedacted()`. Holds no secret. */
export interface RedactedValue {
  readonly value: unknown
  readonly origin: string
  readonly pending?: PendingValue
}

/** A configuration in force. */
export interface Config<Schema> {
  /** Every value, deeply frozen, replaced as a whole by a change. Secrets are `Secret`. */
  readonly current: ConfigValues<Schema>
  /** `<env>`: `APP_ENV`, else `NODE_ENV`, else `development`. */
  readonly environment: string
  readonly production: boolean
  /** 1 for the first snapshot, then one more per applied change. */
  readonly revision: number
  /** Digest of the values without the secrets, 16 hexadecimal digits; equal on replicas with equal values. */
  readonly hash: string
  /** What people should know of the configuration in force; each a sentence, without secrets. */
  readonly warnings: readonly string[]
  /** Keys that were changed at run time and take effect at the next start. */
  readonly pendingKeys: readonly string[]
  /**
   * Where a key's value comes from, and what every layer holds.
   *
   * @throws KEELSON_CONFIG_KEY_UNKNOWN
   */
  explain(key: string): Explanation
  /**
   * Calls a listener after each change of a key, or of any key of a group. Listeners run in the order of subscription;
   * what one throws stops no other, and shows in `warnings`.
   *
   * @returns a function that ends the subscription
   * @throws KEELSON_CONFIG_KEY_UNKNOWN
   */
  subscribe<Key extends ConfigKey<Schema>>(
    key: Key,
    listener: (next: ConfigValueAt<Schema, Key>, previous: ConfigValueAt<Schema, Key>) => void,
  ): () => void
  /** Every key with its value and origin, secrets masked: for `GET /config` and `keelson config print`. */
  toRedacted(): Readonly<Record<string, RedactedValue>>
  /** The texts of all secrets, for whoever masks them in output. Must go nowhere else. */
  sensitiveValues(): readonly string[]
  /** Every environment name of a secret, whether or not it is set: what to delete from `process.env` after the start. */
  sensitiveVariables(): readonly string[]
  /** Stops following the sources. `current` stays. Safe to call twice. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Reads all layers, checks everything, and gives one frozen, typed configuration that follows its sources.
 *
 * @throws at once KEELSON_CONFIG_OPTIONS_INVALID, KEELSON_CONFIG_SCHEMA_INVALID; rejects with KEELSON_CONFIG_INVALID,
 *   with all faults in one message, and KEELSON_CONFIG_SOURCE_UNAVAILABLE
 */
export function createConfig<const Schema extends ConfigSchema>(
  options: ConfigOptions<Schema>,
): Promise<Config<Schema>> {
  checkOptions<ConfigOptions<Schema>>('KEELSON_CONFIG_OPTIONS_INVALID', 'createConfig', options, {
    service: optionRules.string,
    schema: optionRules.object,
    env: optionRules.object,
    argv: optionRules.array,
    cwd: optionRules.string,
    directory: optionRules.string,
    sources: (value) =>
      value === undefined || Array.isArray(value) || typeof value === 'function'
        ? undefined
        : 'a list of sources or a function that makes it',
    sourceTimeoutMs: optionRules.number({ above: 0 }),
    snapshotFile: (value) =>
      value === undefined || typeof value === 'object' || typeof value === 'function'
        ? undefined
        : 'an object, or a function that gives it',
    precedence: optionRules.oneOf('etcd-over-env', 'env-over-etcd'),
    refine: optionRules.function,
    formats: optionRules.object,
    emptyIsUnset: optionRules.boolean,
    production: optionRules.boolean,
    clock: optionRules.object,
  })
  const schema = compileSchema(options.schema, options.formats)
  return open(schema, options)
}

/** Where the process runs: `APP_ENV`, else `NODE_ENV`, else `development`. */
export function environmentOf(env: Readonly<Record<string, string | undefined>>): string {
  return env.APP_ENV || env.NODE_ENV || 'development'
}

async function open<Schema extends ConfigSchema>(
  schema: CompiledSchema,
  options: ConfigOptions<Schema>,
): Promise<Config<Schema>> {
  const { service, env = {}, clock = systemClock } = options
  const environment = environmentOf(env)
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(environment)) throw configInvalid(service, [badEnvironment])
  const production = options.production ?? (environment === 'production' || env.NODE_ENV === 'production')
  const mounted = await mountedOf(schema, options, clock)
  const fixed = readLocalLayers(schema, {
    env,
    argv: options.argv ?? [],
    cwd: options.cwd,
    directory: options.directory ?? configDefaults.directory,
    environment,
    production,
    emptyIsUnset: options.emptyIsUnset ?? configDefaults.emptyIsUnset,
  })
  const localNow = () => (mounted === undefined ? fixed : mergeReadings([fixed, mounted.read()]))
  const local = localNow()
  const resolving: ResolveOptions = {
    precedence: options.precedence ?? configDefaults.precedence,
    pins: listOf(env.KEELSON_CONFIG_PIN),
  }
  // Loaded here and not at import: convict with its argument parser is most of this package's weight.
  const { checkWithConvict } = await import('./convict-adapter.ts')
  const off = isOff(service, env.KEELSON_CONFIG_ETCD)
  const context = { service, environment, value: bootstrapValues(service, schema, local, resolving) }
  const sources = off ? [] : await sourcesOf(options.sources, context)
  const snapshotFile =
    sources.length === 0 ? undefined : await snapshotFileOf(options, schema, context, clock)
  const timeoutMs = options.sourceTimeoutMs ?? configDefaults.sourceTimeoutMs
  const load = await loadSources(sources, clock, timeoutMs, snapshotFile)
  return createLiveConfig<Schema>({
    service,
    schema,
    sources,
    loaded: load.loaded,
    snapshotFile,
    mounted,
    refine: options.refine,
    clock,
    environment,
    production,
    sourceWarnings: load.warnings,
    warnings: settingWarnings(off, resolving.pins, schema),
    evaluate: (snapshots) =>
      evaluate(
        schema,
        mergeReadings([localNow(), readRemoteLayer(schema, snapshots)]),
        resolving,
        checkWithConvict,
      ),
  })
}

const badEnvironment: ConfigFault = {
  key: 'APP_ENV',
  problem: 'is no name of an environment',
  origin: 'env APP_ENV or NODE_ENV',
  suggestion: 'Use letters, digits, dots, - and _; it becomes the name of a file.',
}

function isOff(service: string, text: string | undefined): boolean {
  if (text === undefined) return false
  const coerced = scalarFormats.boolean?.fromText(text)
  if (coerced?.ok === true) return coerced.value === false
  throw configInvalid(service, [
    {
      key: 'KEELSON_CONFIG_ETCD',
      value: showValue(text, false),
      problem: 'is not on or off',
      origin: 'env KEELSON_CONFIG_ETCD',
      suggestion: 'Set it to off to start without etcd, or unset it.',
    },
  ])
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function bootstrapValues(
  service: string,
  schema: CompiledSchema,
  local: LayerReading,
  resolving: ResolveOptions,
): (key: string) => unknown {
  let resolution: Resolution | undefined
  return (key) => {
    if (!schema.leaves.has(key)) throw unknownKeyError(key, schema)
    resolution ??= resolveLayers(schema, local.entries, resolving)
    if (!resolution.faults.some((fault) => fault.key === key)) return resolution.leaves.get(key)?.value
    // Keys that a remote source may still set are not missing yet.
    const faults = resolution.faults.filter(
      (fault) => !(fault.missing === true && schema.leaves.get(fault.key)?.sources.has('remote') === true),
    )
    throw configInvalid(service, [...local.faults, ...faults], local.warnings)
  }
}

async function sourcesOf(
  sources: ConfigOptions<ConfigSchema>['sources'],
  context: SourceContext,
): Promise<readonly ConfigSource[]> {
  if (typeof sources !== 'function') return sources ?? []
  try {
    return await sources(context)
  } catch (error) {
    if (!isKeelsonError(error) || !/^KEELSON_(?!CONFIG_).*_OPTIONS_INVALID$/.test(error.code)) throw error
    // The options were taken from the configuration, so that the mistake is there.
    const suggestion = 'Correct the keys that the source is made from.'
    throw configInvalid(context.service, [
      { key: 'sources', problem: `cannot be made: ${error.message}`, origin: error.code, suggestion },
    ])
  }
}

async function mountedOf(
  schema: CompiledSchema,
  { env = {}, cwd = '/' }: Pick<ConfigOptions<ConfigSchema>, 'env' | 'cwd'>,
  clock: Clock,
): Promise<MountedDirectories | undefined> {
  const directories = listOf(env.KEELSON_CONFIG_DIR).map((directory) => resolve(cwd, directory))
  if (directories.length === 0) return undefined
  const { mountedDirectories } = await import('./mounted-directory.ts') // not loaded where nothing is mounted
  // Set by the kubelet in every container, whatever the pod's own settings.
  const inKubernetes = env.KUBERNETES_SERVICE_HOST !== undefined
  return mountedDirectories(schema, { directories, inKubernetes, clock })
}

async function snapshotFileOf(
  { snapshotFile }: Pick<ConfigOptions<ConfigSchema>, 'snapshotFile'>,
  schema: CompiledSchema,
  context: SourceContext,
  clock: Clock,
): Promise<SnapshotFile | undefined> {
  const options = typeof snapshotFile === 'function' ? snapshotFile(context) : snapshotFile
  if (options === undefined) return undefined
  const { createSnapshotFile } = await import('./snapshot-file.ts') // not loaded where there is no such file
  const { service, environment } = context
  const mayBeKept = (key: string) => placeOf(schema, key)?.leaf.sources.has('remote') === true
  return createSnapshotFile({ ...options, service, environment, clock, mayBeKept })
}

function settingWarnings(off: boolean, pins: readonly string[], schema: CompiledSchema): readonly string[] {
  const warnings = off ? ['KEELSON_CONFIG_ETCD is off: values of remote sources are missing.'] : []
  if (pins.length > 0) warnings.push(`KEELSON_CONFIG_PIN lets the environment win for ${pins.join(', ')}.`)
  for (const pin of pins) {
    const group = pin.endsWith('.*') ? pin.slice(0, -2) : undefined
    if (group === undefined ? !schema.leaves.has(pin) : !schema.groups.has(group)) {
      warnings.push(`KEELSON_CONFIG_PIN names ${pin}, which the schema does not have.`)
    }
  }
  return warnings
}
