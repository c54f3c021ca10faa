import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { nearest } from '@keelson/core/errors'
import type { CompiledSchema, Leaf } from './compile-schema.ts'
import { showValue } from './display.ts'
import { environmentSegment } from './environment-names.ts'
import type { ConfigFault } from './faults.ts'
import type { Entry, LayerReading } from './layer.ts'

/** One variable and where it was set. */
export interface Variable {
  readonly text: string
  /** `env DB__PORT`, or `.env:3` */
  readonly origin: string
}

/** Where variables come from, and how they are read. */
export interface EnvironmentLayerOptions {
  readonly layer: 'env' | 'dotenv'
  /** Looks a variable up by name. */
  readonly variable: (name: string) => Variable | undefined
  /** All names that are set, to find mistyped ones. */
  readonly names: Iterable<string>
  /** Folder that the paths of `*_FILE` variables are relative to. */
  readonly cwd: string
  /** An empty variable counts as one that is not set. */
  readonly emptyIsUnset: boolean
}

// What a Kubernetes Secret may hold is 1 MiB in all; a single value of configuration is far below.
const maxFileBytes = 65_536

/**
 * Reads environment variables: the canonical name and the aliases of every leaf, and for each of them `NAME_FILE`,
 * whose value is the path of a file that holds the value. Names are derived from the schema, never parsed back.
 */
export function readEnvironmentLayer(schema: CompiledSchema, options: EnvironmentLayerOptions): LayerReading {
  const entries: Entry[] = []
  const faults: ConfigFault[] = []
  for (const leaf of schema.leaves.values()) {
    const places = [[undefined, leaf.environmentNames] as const, ...(leaf.members ?? [])]
    for (const [member, names] of places) {
      const settings = names.flatMap((name) => settingsOf(name, leaf, schema, options, faults))
      const [first, ...others] = settings
      if (first === undefined) continue
      const other = others.find((setting) => setting.text !== first.text || setting.viaFile !== first.viaFile)
      if (other !== undefined) faults.push(contradiction(leaf, first, other))
      entries.push({
        key: leaf.key,
        ...(member === undefined ? {} : { member }),
        layer: options.layer,
        origin: first.origin,
        raw: { kind: 'text', text: first.text },
      })
    }
  }
  return { entries, faults, warnings: [...mistypedNames(schema, options.names)] }
}

interface Setting extends Variable {
  readonly viaFile: boolean
}

function settingsOf(
  name: string,
  leaf: Leaf,
  schema: CompiledSchema,
  options: EnvironmentLayerOptions,
  faults: ConfigFault[],
): Setting[] {
  const settings: Setting[] = []
  const direct = options.variable(name)
  if (direct !== undefined && !(options.emptyIsUnset && direct.text === '')) {
    settings.push({ ...direct, viaFile: false })
  }
  const fileName = `${name}_FILE`
  // `tls.cert` and `tls.certFile` may both exist: the second key owns TLS__CERT_FILE then.
  const path = schema.byEnvironmentName.has(fileName) ? undefined : options.variable(fileName)
  if (path !== undefined && path.text !== '') {
    const text = contentOf(resolve(options.cwd, path.text), leaf, path.origin, faults)
    if (text !== undefined) settings.push({ text, origin: `${path.origin} (${path.text})`, viaFile: true })
  }
  return settings
}

function contentOf(path: string, leaf: Leaf, origin: string, faults: ConfigFault[]): string | undefined {
  const fault = (problem: string) => {
    const suggestion = `Name a readable regular file of at most ${maxFileBytes} bytes.`
    faults.push({ key: leaf.key, problem, origin, suggestion })
    return undefined
  }
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return fault('names something that is no regular file')
    if (stats.size > maxFileBytes) return fault('names a file that is too large')
    // Editors and `echo` end a file with a newline that is not part of the secret.
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
    return fault(`names a file that cannot be read (${code})`)
  }
}

function contradiction(leaf: Leaf, first: Setting, other: Setting): ConfigFault {
  const viaFile = first.viaFile !== other.viaFile
  return {
    key: leaf.key,
    value: `${showValue(first.text, leaf.sensitive)} and ${showValue(other.text, leaf.sensitive)}`,
    problem: viaFile ? 'is set both directly and through a file' : 'is set twice, to different values',
    origin: `${first.origin}, ${other.origin}`,
    suggestion: 'Remove one of the two variables.',
  }
}

/** Variables that look like a key of this schema and are none. Others may be anybody's, so they are no fault. */
function* mistypedNames(schema: CompiledSchema, names: Iterable<string>): Iterable<string> {
  const firstLevels = new Set(
    [...schema.groups].filter((group) => !group.includes('.')).map((group) => environmentSegment(group)),
  )
  const known = schema.byEnvironmentName
  for (const name of names) {
    const level = name.slice(0, Math.max(0, name.indexOf('__')))
    if (!firstLevels.has(level) || known.has(name) || known.has(name.replace(/_FILE$/, ''))) continue
    const near = nearest(name, known.keys())
    yield `The environment variable ${name} is ignored: no key has this name.${near === undefined ? '' : ` Did you mean ${near}?`}`
  }
}
