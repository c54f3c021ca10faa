import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readArgumentLayer } from './argument-layer.ts'
import type { CompiledSchema } from './compile-schema.ts'
import { readDotenv } from './dotenv.ts'
import { readEnvironmentLayer } from './environment-layer.ts'
import { readFileLayers } from './file-layers.ts'
import type { ConfigFault } from './faults.ts'
import type { LayerReading } from './layer.ts'

/** What the local layers are read from. */
export interface LocalLayersOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly argv: readonly string[]
  /** `undefined`: no file is read. */
  readonly cwd: string | undefined
  readonly directory: string
  readonly environment: string
  readonly production: boolean
  readonly emptyIsUnset: boolean
}

/** Reads every layer that is on this machine, once, at start: files, `.env`, environment, arguments. */
export function readLocalLayers(schema: CompiledSchema, options: LocalLayersOptions): LayerReading {
  return mergeReadings([
    options.cwd === undefined ? nothing : readFileLayers(schema, { ...options, cwd: options.cwd }),
    dotenvLayer(schema, options),
    environmentLayer(schema, options),
    readArgumentLayer(schema, options.argv),
  ])
}

/** One reading made of several, in their order. */
export function mergeReadings(readings: readonly LayerReading[]): LayerReading {
  return {
    entries: readings.flatMap((reading) => reading.entries),
    faults: readings.flatMap((reading) => reading.faults),
    warnings: readings.flatMap((reading) => reading.warnings),
  }
}

const nothing: LayerReading = { entries: [], faults: [], warnings: [] }

function environmentLayer(schema: CompiledSchema, options: LocalLayersOptions): LayerReading {
  const { env } = options
  return readEnvironmentLayer(schema, {
    layer: 'env',
    names: Object.keys(env),
    variable: (name) => {
      const text = Object.hasOwn(env, name) ? env[name] : undefined
      return text === undefined ? undefined : { text, origin: `env ${name}` }
    },
    cwd: options.cwd ?? '/',
    emptyIsUnset: options.emptyIsUnset,
  })
}

/** Only where `<env>` is `development`: elsewhere such a file is a leftover that must not change anything. */
function dotenvLayer(schema: CompiledSchema, options: LocalLayersOptions): LayerReading {
  const { cwd } = options
  if (cwd === undefined || options.production || options.environment !== 'development') return nothing
  const content = readIfThere(join(cwd, '.env'))
  if (content === undefined) return nothing
  if (typeof content !== 'string') return { ...nothing, faults: [content] }
  const { variables, faults } = readDotenv(content, '.env')
  const reading = readEnvironmentLayer(schema, {
    layer: 'dotenv',
    names: variables.keys(),
    variable: (name) => {
      const variable = variables.get(name)
      return variable === undefined
        ? undefined
        : { text: variable.text, origin: `.env:${variable.line} ${name}` }
    },
    cwd,
    emptyIsUnset: options.emptyIsUnset,
  })
  return { ...reading, faults: [...faults, ...reading.faults] }
}

function readIfThere(path: string): string | ConfigFault | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return {
      key: '.env',
      problem: `cannot be read (${code})`,
      origin: '.env',
      suggestion: 'Make it a regular file that the process may read, or remove it.',
    }
  }
}
