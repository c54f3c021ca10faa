import { compileSchema } from './compile-schema.ts'
import { configDefaults, environmentOf, type ConfigOptions, type RedactedValue } from './config.ts'
import { publicValue } from './display.ts'
import { evaluate } from './evaluate.ts'
import { originOf } from './explain.ts'
import type { ConfigFault } from './faults.ts'
import { readLocalLayers } from './local-layers.ts'
import { refineFaults } from './refine.ts'
import type { ConfigSchema } from './schema.ts'

/** What can be said of a configuration without the places that only exist where the service runs. */
export interface LocalInspection {
  readonly environment: string
  readonly production: boolean
  /** Faults of keys that no layer sets have `missing`: another layer may set them where the service runs. */
  readonly faults: readonly ConfigFault[]
  readonly warnings: readonly string[]
  /** Every key that has a sound value, secrets masked. */
  readonly values: Readonly<Record<string, RedactedValue>>
}

/** The options of `createConfig` that have a meaning without sources. */
export type LocalInspectionOptions<Schema extends ConfigSchema> = Pick<
  ConfigOptions<Schema>,
  'service' | 'schema' | 'env' | 'argv' | 'cwd' | 'directory' | 'formats' | 'refine' | 'production'
>

/**
 * Reads the local layers and checks them, as `createConfig` does, but gives the faults instead of throwing them: for
 * checks of files in a build, and for comparisons. No remote source is asked, no mounted directory is read.
 *
 * @throws KEELSON_CONFIG_SCHEMA_INVALID
 */
export async function inspectLocal<const Schema extends ConfigSchema>(
  options: LocalInspectionOptions<Schema>,
): Promise<LocalInspection> {
  const { env = {} } = options
  const schema = compileSchema(options.schema, options.formats)
  const environment = environmentOf(env)
  const production = options.production ?? (environment === 'production' || env.NODE_ENV === 'production')
  const reading = readLocalLayers(schema, {
    env,
    argv: options.argv ?? [],
    cwd: options.cwd,
    directory: options.directory ?? configDefaults.directory,
    environment,
    production,
    emptyIsUnset: configDefaults.emptyIsUnset,
  })
  const { checkWithConvict } = await import('./convict-adapter.ts')
  const resolving = { precedence: configDefaults.precedence, pins: [] }
  const { leaves, faults, warnings } = evaluate(schema, reading, resolving, checkWithConvict)
  const faulty = new Set(faults.map((fault) => fault.key))
  const sound = [...leaves].filter(([key]) => !faulty.has(key))
  return {
    environment,
    production,
    faults: faults.length > 0 ? faults : refineFaults(options.refine, leaves),
    warnings,
    values: Object.fromEntries(
      sound.map(([key, resolved]) => [
        key,
        { value: publicValue(resolved.value, resolved.leaf.sensitive), origin: originOf(resolved) },
      ]),
    ),
  }
}
