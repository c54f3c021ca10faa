import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nearest } from '@keelson/core/errors'
import type { CompiledSchema } from './compile-schema.ts'
import type { ConfigFault } from './faults.ts'
import { type JsonNode, plainValue, readJson } from './json-reader.ts'
import type { Entry, LayerName, LayerReading } from './layer.ts'

/** Where files are looked for, and which. */
export interface FileLayersOptions {
  /** Folder that paths in messages are relative to. */
  readonly cwd: string
  /** Folder of the files, relative to `cwd`. */
  readonly directory: string
  /** `<env>` of `config/<env>.json`. */
  readonly environment: string
  readonly production: boolean
}

/**
 * Reads `default.json`, `<env>.json` and `local.json`. Each may be missing. What a file holds beyond the schema is a
 * fault: files ship with the code, so that a name which means nothing is a mistake in one of the two.
 */
export function readFileLayers(schema: CompiledSchema, options: FileLayersOptions): LayerReading {
  const readings = [
    readFile('default-file', 'default.json', schema, options),
    // An `<env>` named default or local would only read that file twice.
    options.environment === 'default' || options.environment === 'local'
      ? nothing
      : readFile('environment-file', `${options.environment}.json`, schema, options),
    readFile('local-file', 'local.json', schema, options),
  ]
  return {
    entries: readings.flatMap((reading) => reading.entries),
    faults: readings.flatMap((reading) => reading.faults),
    warnings: [],
  }
}

const nothing: LayerReading = { entries: [], faults: [], warnings: [] }

function readFile(
  layer: LayerName,
  name: string,
  schema: CompiledSchema,
  options: FileLayersOptions,
): LayerReading {
  const file = join(options.directory, name)
  const entries: Entry[] = []
  const faults: ConfigFault[] = []
  const text = textOf(join(options.cwd, options.directory, name), file, faults)
  if (text === undefined) return { ...nothing, faults }
  if (layer === 'local-file' && options.production) {
    const problem = 'is a file of the developer and exists in production'
    const suggestion = `Delete ${file}, and keep it out of the image.`
    return { ...nothing, faults: [{ key: file, problem, origin: file, suggestion }] }
  }
  const { root, problems } = readJson(text)
  for (const { line, problem } of problems) {
    faults.push({ key: file, problem, origin: `${file}:${line}`, suggestion: `Correct line ${line}.` })
  }
  if (root !== undefined) walk(root, '', { layer, file, schema, entries, faults })
  return { entries, faults, warnings: [] }
}

function textOf(path: string, file: string, faults: ConfigFault[]): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      const suggestion = 'Make it a regular file that the process may read, or remove it.'
      faults.push({ key: file, problem: `cannot be read (${code})`, origin: file, suggestion })
    }
    return undefined
  }
}

interface Walk {
  readonly layer: LayerName
  readonly file: string
  readonly schema: CompiledSchema
  readonly entries: Entry[]
  readonly faults: ConfigFault[]
}

function walk(node: JsonNode, prefix: string, context: Walk): void {
  const { layer, file, schema, entries, faults } = context
  if (node.kind !== 'object') {
    faults.push({
      key: prefix === '' ? file : prefix,
      problem: prefix === '' ? 'holds something else than an object' : 'is a group of keys, not a value',
      origin: `${file}:${node.line}`,
      suggestion: prefix === '' ? 'Put the keys into { }.' : `Write an object: "${prefix}": { … }.`,
    })
    return
  }
  for (const [name, member] of node.members) {
    const key = prefix === '' ? name : `${prefix}.${name}`
    if (name.includes('.')) faults.push(dottedKey(name, key, `${file}:${member.line}`))
    else if (schema.leaves.has(key)) {
      entries.push({
        key,
        layer,
        origin: `${file}:${member.line}`,
        raw: { kind: 'json', value: plainValue(member) },
      })
    } else if (schema.groups.has(key)) walk(member, key, context)
    // Editors look for the JSON Schema of a file in this member.
    else if (key !== '$schema') faults.push(unknownKey(key, schema, `${file}:${member.line}`))
  }
}

function dottedKey(name: string, key: string, origin: string): ConfigFault {
  const [head] = name.split('.')
  return {
    key,
    problem: 'is a key with dots, which means nothing in a file',
    origin,
    suggestion: `Nest it: "${head}": { … }.`,
  }
}

/** The fault of a key that the schema does not have, with the nearest that it has. */
export function unknownKey(key: string, schema: CompiledSchema, origin: string): ConfigFault {
  const near = nearest(key, [...schema.leaves.keys(), ...schema.groups])
  return {
    key,
    problem: 'is not a key of the schema',
    origin,
    suggestion:
      near === undefined ? 'Remove it, or add it to the schema.' : `Did you mean ${near}? Else remove it.`,
  }
}
