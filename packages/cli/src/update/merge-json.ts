import { isDeepStrictEqual } from 'node:util'
import { markConflict, type Merged, type SideNames } from './merge-lines.ts'

type JsonObject = Readonly<Record<string, unknown>>
const absent = Symbol('absent')

/** What both sides changed in different ways. */
interface Conflict {
  readonly yours: unknown
  readonly base: unknown
  readonly theirs: unknown
}

type MergedValue = { readonly kind: 'value'; readonly value: unknown } | MergedObject | MergedConflict
interface MergedObject {
  readonly kind: 'object'
  readonly entries: ReadonlyMap<string, MergedValue>
}
interface MergedConflict {
  readonly kind: 'conflict'
  readonly sides: Conflict
}

/**
 * Merges three versions of a JSON object by its keys, so that two dependencies which stand side by side are no conflict. The order and the
 * indentation of yours are kept; keys of theirs that are new come behind the one before them.
 *
 * @returns `undefined` when one of the texts is no JSON object: comments, a list, a fault
 */
export function mergeJson(base: string, yours: string, theirs: string, names: SideNames): Merged | undefined {
  const [b, y, t] = [parse(base), parse(yours), parse(theirs)]
  if (b === undefined || y === undefined || t === undefined) return undefined
  const merged = mergeObjects(b, y, t)
  const conflictCount = countConflicts(merged)
  // Nothing to take: not a byte changes.
  if (conflictCount === 0 && isDeepStrictEqual(plain(merged), y)) return { text: yours, conflictCount }
  const indent = /^[ \t]+/m.exec(yours)?.[0] ?? '  '
  const lineEnd = /\r\n/.test(yours) ? '\r\n' : '\n'
  const lines = writeObject(merged, indent, '', names)
  return { text: lines.join(lineEnd) + (yours.endsWith('\n') ? lineEnd : ''), conflictCount }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function mergeObjects(base: JsonObject, yours: JsonObject, theirs: JsonObject): MergedObject {
  const entries = new Map<string, MergedValue>()
  for (const key of keysInOrder(yours, theirs)) {
    const merged = mergeValues(valueAt(base, key), valueAt(yours, key), valueAt(theirs, key))
    if (merged !== undefined) entries.set(key, merged)
  }
  return { kind: 'object', entries }
}

/** @returns `undefined` when the key is gone */
function mergeValues(base: unknown, yours: unknown, theirs: unknown): MergedValue | undefined {
  if (isDeepStrictEqual(yours, theirs) || isDeepStrictEqual(base, theirs)) return taken(yours)
  if (isDeepStrictEqual(base, yours)) return taken(theirs)
  if (isObject(yours) && isObject(theirs)) return mergeObjects(isObject(base) ? base : {}, yours, theirs)
  return { kind: 'conflict', sides: { yours, base, theirs } }
}

function taken(value: unknown): MergedValue | undefined {
  return value === absent ? undefined : { kind: 'value', value }
}

function keysInOrder(yours: JsonObject, theirs: JsonObject): readonly string[] {
  const keys = Object.keys(yours)
  let before: string | undefined
  for (const key of Object.keys(theirs)) {
    if (!keys.includes(key)) keys.splice(before === undefined ? 0 : keys.indexOf(before) + 1, 0, key)
    before = key
  }
  return keys
}

function valueAt(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : absent
}

function writeObject(
  { entries }: MergedObject,
  indent: string,
  outer: string,
  names: SideNames,
): readonly string[] {
  const inner = outer + indent
  const last = [...entries.keys()].at(-1)
  const lines = [...entries].flatMap(([key, merged]) => {
    const comma = key === last ? '' : ','
    const property = (value: unknown) => writeProperty(key, value, inner, indent, comma)
    if (merged.kind === 'value') return property(merged.value)
    if (merged.kind === 'object') {
      const [, ...rest] = writeObject(merged, indent, inner, names)
      return [`${inner}${JSON.stringify(key)}: {`, ...rest.slice(0, -1), `${rest.at(-1) ?? ''}${comma}`]
    }
    const { yours, base, theirs } = merged.sides
    return markConflict({ yours: property(yours), base: property(base), theirs: property(theirs) }, names)
  })
  return [`${outer}{`, ...lines, `${outer}}`]
}

function writeProperty(
  key: string,
  value: unknown,
  inner: string,
  indent: string,
  comma: string,
): readonly string[] {
  if (value === absent) return []
  const [first = '', ...rest] = JSON.stringify(value, null, indent).split('\n')
  const lines = [`${inner}${JSON.stringify(key)}: ${first}`, ...rest.map((line) => `${inner}${line}`)]
  return [...lines.slice(0, -1), `${lines.at(-1) ?? ''}${comma}`]
}

function countConflicts(merged: MergedValue): number {
  if (merged.kind === 'conflict') return 1
  if (merged.kind === 'value') return 0
  return [...merged.entries.values()].reduce((sum, one) => sum + countConflicts(one), 0)
}

/** The value without the wrapping; only for what has no conflict. */
function plain(merged: MergedValue): unknown {
  if (merged.kind === 'value') return merged.value
  if (merged.kind === 'conflict') return undefined
  return Object.fromEntries([...merged.entries].map(([key, one]) => [key, plain(one)]))
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
