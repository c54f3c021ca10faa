import { KeelsonError } from '@keelson/core/errors'
import { isStandardSchema } from '@keelson/core/standard-schema'
import { type CompiledFormat, compileFormat, type CustomFormat, isBuiltInFormat } from './compile-format.ts'
import { environmentName, reservedEnvironmentNames } from './environment-names.ts'
import { isPlainObject } from './plain-object.ts'
import type { ConfigSchema, Format, LeafSchema, SourceKind } from './schema.ts'

/** One key, ready to be filled. */
export interface Leaf {
  /** Dotted: `db.pool.maxSize`. */
  readonly key: string
  readonly path: readonly string[]
  readonly schema: LeafSchema
  readonly format: CompiledFormat
  readonly nullable: boolean
  readonly sensitive: boolean
  readonly reload: 'hot' | 'restart'
  readonly sources: ReadonlySet<SourceKind>
  /** The canonical name first, then the aliases. */
  readonly environmentNames: readonly string[]
  /** For a group under one Standard Schema: the environment names of its members, by dotted path within the group. */
  readonly members: ReadonlyMap<string, readonly string[]> | undefined
  /** The coerced default; absent when some layer must set the key. */
  readonly default: { readonly value: unknown } | undefined
}

/** A schema, checked. */
export interface CompiledSchema {
  /** By dotted key, in the order of the schema. */
  readonly leaves: ReadonlyMap<string, Leaf>
  /** Dotted keys of the groups. */
  readonly groups: ReadonlySet<string>
  /** The leaf of every environment name, aliases included. */
  readonly byEnvironmentName: ReadonlyMap<string, Leaf>
  /** The leaf of every command-line option. */
  readonly byArgument: ReadonlyMap<string, Leaf>
}

/**
 * Checks a schema and makes it ready. Called once, synchronously: what it refuses is a mistake in the code.
 *
 * @param custom formats given to `createConfig`, by name
 * @throws KEELSON_CONFIG_SCHEMA_INVALID with every mistake of the schema, one a line
 */
export function compileSchema(
  schema: ConfigSchema,
  custom: Readonly<Record<string, CustomFormat>> = {},
): CompiledSchema {
  const compiled: Building = {
    leaves: new Map(),
    groups: new Set(),
    byEnvironmentName: new Map(),
    byArgument: new Map(),
    mistakes: [],
    custom,
  }
  for (const name of Object.keys(custom)) {
    if (isBuiltInFormat(name))
      compiled.mistakes.push(`The format ${name} is built in; give yours another name.`)
  }
  compileGroup(schema, [], compiled)
  if (compiled.mistakes.length > 0) {
    throw new KeelsonError(
      'KEELSON_CONFIG_SCHEMA_INVALID',
      ['The schema of the configuration is wrong.', ...compiled.mistakes].join('\n'),
      { details: { mistakes: compiled.mistakes } },
    )
  }
  return compiled
}

/** A leaf, and where in it. */
export interface Place {
  readonly leaf: Leaf
  /** Dotted path of a member within a group under one Standard Schema. */
  readonly member?: string
}

/** What a dotted key means: a leaf, or a member of a group under one Standard Schema. */
export function placeOf(schema: CompiledSchema, key: string): Place | undefined {
  const leaf = schema.leaves.get(key)
  if (leaf !== undefined) return { leaf }
  for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
    const group = schema.leaves.get(key.slice(0, dot))
    const member = key.slice(dot + 1)
    if (group?.members !== undefined && isMemberPath(member)) return { leaf: group, member }
  }
  return undefined
}

/** What an environment name means; see {@link placeOf}. */
export function placeOfVariable(schema: CompiledSchema, name: string): Place | undefined {
  const leaf = schema.byEnvironmentName.get(name)
  if (leaf === undefined) return undefined
  for (const [member, names] of leaf.members ?? []) if (names.includes(name)) return { leaf, member }
  return { leaf }
}

/** Tells a leaf from a group; the rule is documented at `ConfigSchema`, and repeated for types in values.ts. */
export function isLeaf(node: Readonly<Record<string, unknown>>): boolean {
  if (Object.hasOwn(node, 'default') || typeof node.doc === 'string') return true
  const { format } = node
  return (
    typeof format === 'string' ||
    typeof format === 'function' ||
    Array.isArray(format) ||
    isStandardSchema(format)
  )
}

interface Building {
  readonly leaves: Map<string, Leaf>
  readonly groups: Set<string>
  readonly byEnvironmentName: Map<string, Leaf>
  readonly byArgument: Map<string, Leaf>
  readonly mistakes: string[]
  readonly custom: Readonly<Record<string, CustomFormat>>
}

const leafWords: ReadonlySet<string> = new Set<keyof LeafSchema>([
  ...(['doc', 'format', 'default', 'env', 'arg', 'sensitive', 'nullable', 'required'] as const),
  ...(['reload', 'sources', 'items', 'deprecated', 'unit'] as const),
])

const allSources: readonly SourceKind[] = ['default', 'file', 'env', 'remote', 'arg']

function compileGroup(group: ConfigSchema, path: readonly string[], compiled: Building): void {
  for (const [name, node] of Object.entries(group)) {
    const nodePath = [...path, name]
    const key = nodePath.join('.')
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name) || name === 'constructor' || name === 'prototype') {
      compiled.mistakes.push(`${key}: a key is a letter, then letters, digits, - and _.`)
    } else if (typeof node !== 'object' || node === null || Array.isArray(node)) {
      compiled.mistakes.push(`${key}: write { default: … } for a key, or an object of keys for a group.`)
    } else if (isLeaf(node as Record<string, unknown>)) {
      compileLeaf(node, nodePath, compiled)
    } else {
      compiled.groups.add(key)
      compileGroup(node as ConfigSchema, nodePath, compiled) // isLeaf has said that it is no leaf
    }
  }
}

function compileLeaf(schema: LeafSchema, path: readonly string[], compiled: Building): void {
  const key = path.join('.')
  const mistake = (text: string) => void compiled.mistakes.push(`${key}: ${text}`)
  for (const word of Object.keys(schema)) {
    if (!leafWords.has(word)) mistake(`"${word}" is none of ${[...leafWords].join(', ')}.`)
  }
  const formatOfSchema = schema.format ?? formatOfDefault(schema.default)
  if (formatOfSchema === undefined) {
    mistake('needs a format, because none follows from its default.')
    return
  }
  if (schema.reload !== undefined && schema.reload !== 'hot' && schema.reload !== 'restart') {
    mistake('has a reload that is neither "hot" nor "restart".')
  }
  if (schema.required === true && schema.default !== undefined) {
    mistake('has a default and is required; one excludes the other.')
  }
  const format = compileFormat(formatOfSchema, schema.items ?? itemsOfDefault(schema), compiled.custom)
  const members = membersOf(schema, format, mistake)
  const leaf: Leaf = {
    key,
    path,
    schema,
    format,
    nullable: schema.nullable === true,
    sensitive: schema.sensitive === true,
    reload: schema.reload ?? 'restart',
    sources: sourcesOf(schema, mistake),
    environmentNames: [environmentName(key), ...aliasesOf(schema)],
    members,
    default: defaultOf(schema, format, mistake),
  }
  compiled.leaves.set(key, leaf)
  registerNames(leaf, compiled, mistake)
}

function aliasesOf({ env = [] }: LeafSchema): readonly string[] {
  if (typeof env === 'string') return [env]
  return isPlainObject(env) ? [] : env
}

function membersOf(
  { env }: LeafSchema,
  format: CompiledFormat,
  mistake: (text: string) => void,
): ReadonlyMap<string, readonly string[]> | undefined {
  if (!isPlainObject(env)) return undefined
  if (format.kind !== 'standard')
    mistake('names members in env, which only the format of a Standard Schema has.')
  for (const path of Object.keys(env))
    if (!isMemberPath(path)) mistake(`"${path}" in env is no path of a member.`)
  return new Map(Object.entries(env).map(([path, names]) => [path, [names as string | string[]].flat()]))
}

/** Letters, digits, - and _ between dots; no level may reach a prototype. */
function isMemberPath(path: string): boolean {
  return path
    .split('.')
    .every(
      (level) =>
        /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(level) && level !== 'constructor' && level !== 'prototype',
    )
}

function formatOfDefault(value: unknown): Format | undefined {
  if (Array.isArray(value)) return 'array'
  if (value instanceof RegExp) return 'regexp'
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return typeof value
  return typeof value === 'object' && value !== null ? 'object' : undefined
}

/** Elements of a list without `items` have the type of the default's first, else they are texts. */
function itemsOfDefault({ format, default: value }: LeafSchema): Format | undefined {
  return format === undefined && Array.isArray(value) ? formatOfDefault(value[0]) : undefined
}

function sourcesOf(schema: LeafSchema, mistake: (text: string) => void): ReadonlySet<SourceKind> {
  // Whoever may write a shared prefix could otherwise point a service elsewhere and collect what it sends there.
  const withoutRemote = schema.sensitive === true || schema.format === 'port'
  if (schema.sensitive === true && schema.sources?.includes('remote') === true) {
    mistake('is sensitive, so that it cannot have the source "remote".')
  }
  for (const source of schema.sources ?? []) {
    if (!allSources.includes(source)) mistake(`"${source}" is no source; write ${allSources.join(', ')}.`)
  }
  return new Set(schema.sources ?? allSources.filter((source) => source !== 'remote' || !withoutRemote))
}

function defaultOf(
  schema: LeafSchema,
  format: CompiledFormat,
  mistake: (text: string) => void,
): { value: unknown } | undefined {
  if (schema.required === true) return undefined
  if (schema.default === undefined)
    return schema.nullable === true ? { value: null } : implicitDefault(format)
  if (schema.default === null) {
    if (schema.nullable !== true) {
      mistake('has the default null. Write nullable: true, or required: true without a default.')
    }
    return { value: null }
  }
  const coerced = format.fromValue(schema.default)
  // The message of a foreign schema may repeat the default, and a default may be a secret.
  if (!coerced.ok) {
    mistake(`its default ${coerced.foreign === true ? 'is refused by its own schema' : coerced.problem}.`)
  }
  return { value: coerced.ok ? coerced.value : undefined }
}

/** A Standard Schema may bring its own default, which shows when it is given nothing. */
function implicitDefault(format: CompiledFormat): { value: unknown } | undefined {
  if (format.kind !== 'standard') return undefined
  const coerced = format.fromValue(undefined)
  return coerced.ok ? { value: coerced.value } : undefined
}

function registerNames(leaf: Leaf, compiled: Building, mistake: (text: string) => void): void {
  const [canonical] = leaf.environmentNames
  if (canonical !== undefined && reservedEnvironmentNames.has(canonical)) {
    mistake(`would be read from ${canonical}, which every process has; put the key into a group.`)
  }
  for (const name of [...leaf.environmentNames, ...[...(leaf.members?.values() ?? [])].flat()]) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      mistake(`has the environment name ${name}, which no shell can set.`)
    const other = compiled.byEnvironmentName.get(name)
    if (other !== undefined && other !== leaf) {
      mistake(`shares the environment name ${name} with ${other.key}.`)
    }
    compiled.byEnvironmentName.set(name, leaf)
  }
  const argument = leaf.schema.arg
  if (argument === undefined) return
  const other = compiled.byArgument.get(argument)
  if (other !== undefined || argument === 'set') {
    mistake(`shares the option --${argument} with ${other?.key ?? 'the chassis'}.`)
  }
  compiled.byArgument.set(argument, leaf)
}
