import { inspect } from 'node:util'
import { isPlainObject } from './plain-object.ts'
import type { ResolvedLeaf } from './resolve.ts'
import { Secret } from './secret.ts'

/** One configuration in force: every value, frozen. */
export interface Snapshot {
  readonly leaves: ReadonlyMap<string, ResolvedLeaf>
  /** What `config.current` is. */
  readonly tree: Readonly<Record<string, unknown>>
  /** First 16 hexadecimal digits of the SHA-256 of all values but the secrets; equal on replicas with equal values. */
  readonly hash: string
}

/** Builds the frozen tree of a resolution without faults. Values are copied: what the caller passed in stays his. */
export function buildSnapshot(leaves: ReadonlyMap<string, ResolvedLeaf>): Snapshot {
  const root: Record<string, unknown> = {}
  for (const { leaf, value } of leaves.values()) {
    let group = root
    for (const name of leaf.path.slice(0, -1)) {
      group[name] ??= {}
      group = group[name] as Record<string, unknown> // a group: compileSchema lets no key be both leaf and group
    }
    const copy = frozenCopy(value)
    group[leaf.path.at(-1) ?? leaf.key] = leaf.sensitive && copy !== null ? new Secret(copy) : copy
  }
  // compileSchema refuses names that reach a prototype, so plain assignment above cannot.
  return { leaves, tree: freezeGroups(root, leaves), hash: hashOf(leaves) }
}

/** The value at a dotted key of a tree; the key exists, because the schema has it. */
export function valueAt(tree: Readonly<Record<string, unknown>>, key: string): unknown {
  let value: unknown = tree
  for (const name of key.split('.')) value = (value as Record<string, unknown>)[name] // a group on every level but the last
  return value
}

/** Every text that makes up a secret; a number as it is written. */
export function secretTexts(leaves: ReadonlyMap<string, ResolvedLeaf>): readonly string[] {
  const texts = new Set<string>()
  for (const { leaf, value } of leaves.values()) {
    if (leaf.sensitive) collectTexts(value, texts)
  }
  texts.delete('')
  return [...texts]
}

function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy))
  if (!isPlainObject(value)) return value // scalars; instances that a Standard Schema made know themselves what they are
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, frozenCopy(member)])),
  )
}

function freezeGroups(
  root: Record<string, unknown>,
  leaves: ReadonlyMap<string, ResolvedLeaf>,
): Readonly<Record<string, unknown>> {
  for (const { leaf } of leaves.values()) {
    let group: unknown = root
    for (const name of leaf.path) {
      Object.freeze(group)
      group = (group as Record<string, unknown>)[name] // built along the same paths
    }
  }
  return Object.freeze(root)
}

function hashOf(leaves: ReadonlyMap<string, ResolvedLeaf>): string {
  const values = [...leaves.values()]
    .filter(({ leaf }) => !leaf.sensitive)
    .map(({ leaf, value }) => [leaf.key, value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  // Not imported: an ES import of node:crypto evaluates all of its getters, 2.5 ms of every start (docs/decisions/0004).
  const { hash } = process.getBuiltinModule('node:crypto')
  return hash('sha256', JSON.stringify(values.map(([key, value]) => [key, canonical(value)]))).slice(0, 16)
}

/** The same text for equal values, whatever the order in which a file names the members. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (isPlainObject(value)) {
    return Object.keys(value)
      .toSorted()
      .map((key) => [key, canonical(value[key])])
  }
  // Instances made by a Standard Schema, patterns, bigints: their inspection tells one from another.
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : inspect(value, { depth: null, sorted: true })
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value)
  else if (typeof value === 'number' || typeof value === 'bigint') texts.add(String(value))
  else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) collectTexts(member, texts)
  }
}
