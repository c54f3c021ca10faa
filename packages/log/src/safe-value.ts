import { types } from 'node:util'
import { redactedText } from './redaction.ts'

/** Stands for a value that threw when it was read. */
const unreadableText = '[unreadable]'
const circularText = '[circular]'

/** Levels that a value written as JSON text may have below itself. */
const maxDepth = 8

/** A property, or a note in its place when reading it throws. */
export function readProperty(object: object, key: PropertyKey): unknown {
  try {
    // An object has any key; a third faster than Reflect.get.
    return (object as Readonly<Record<PropertyKey, unknown>>)[key]
  } catch {
    return unreadableText
  }
}

/** The text of anything that is not an object; also of symbols, where `String` is the only way that never throws. */
export function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? jsonTextOf(value, neverSensitive, { nodes: 100 })
    : String(value)
}

/** Whether a value is an error, also one of another realm (`node:vm`), where `instanceof` says no. */
export function isError(value: unknown): value is Error {
  try {
    // Most are not, and this is four times as fast as the question to V8.
    if (typeof value !== 'object' || value === null || isPlainObject(value)) return false
    return types.isNativeError(value) || value instanceof Error
  } catch {
    return false // a proxy whose traps throw
  }
}

/** Whether an object is one of braces: it has no class, so that nothing is special about it. */
function isPlainObject(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

/**
 * What an object stands for in a line: a text for dates, buffers and whatever has its own `toJSON`, a list or a
 * plain object for collections, and else the object itself.
 */
export function unwrapObject(value: object): unknown {
  const toJson = readProperty(value, 'toJSON')
  if (typeof toJson !== 'function' && (isPlainObject(value) || Array.isArray(value))) return value
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `<Buffer ${value.byteLength} bytes>`
  // JSON.stringify calls whatever function it finds under this name; so does this.
  if (typeof toJson === 'function') return (toJson as () => unknown).call(value)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), item]))
  if (value instanceof Set) return [...value]
  if (value instanceof RegExp) return String(value)
  if (types.isBoxedPrimitive(value)) return value.valueOf()
  if (isError(value)) return errorAsObject(value)
  return value
}

/**
 * A list, or an object that lies too deep to be flattened, as JSON text. Never throws; what cannot be read is noted
 * in its place, and values under the name of a secret are left out.
 *
 * @param budget how many values may be looked at; counts down
 */
export function jsonTextOf(
  value: unknown,
  isSensitive: (key: string) => boolean,
  budget: { nodes: number },
): string {
  return JSON.stringify(isSimpleList(value, budget) ? value : safeCopy(value, [], budget, isSensitive)) ?? ''
}

/** Longest list that is looked through for being simple. */
const maxSimpleLength = 20

/** Whether a list holds texts, finite numbers and booleans alone, as most do: JSON.stringify needs no copy of it. */
function isSimpleList(value: unknown, budget: { nodes: number }): boolean {
  if (!Array.isArray(value) || value.length > maxSimpleLength || budget.nodes <= value.length) return false
  try {
    for (const item of value as readonly unknown[]) {
      const isSimple =
        typeof item === 'string' ||
        typeof item === 'boolean' ||
        (typeof item === 'number' && Number.isFinite(item))
      if (!isSimple) return false
    }
    if (readProperty(value, 'toJSON') !== undefined) return false
  } catch {
    return false // a proxy whose traps throw
  }
  budget.nodes -= value.length + 1
  return true
}

function neverSensitive(): boolean {
  return false
}

/** The parts of an error that are worth a field when it is not the error of the line. */
function errorAsObject(error: Error): Record<string, unknown> {
  return {
    type: readProperty(error, 'name'),
    message: readProperty(error, 'message'),
    code: readProperty(error, 'code'),
    stack: readProperty(error, 'stack'),
  }
}

function safeCopy(
  value: unknown,
  parents: readonly object[],
  budget: { nodes: number },
  isSensitive: (key: string) => boolean,
): unknown {
  if (budget.nodes-- <= 0) return '[cut]'
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'symbol' || typeof value === 'function') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (parents.includes(value)) return circularText
  if (parents.length >= maxDepth) return Array.isArray(value) ? '[list]' : '[object]'
  try {
    const inner = unwrapObject(value)
    const path = [...parents, value]
    if (typeof inner !== 'object' || inner === null) return safeCopy(inner, path, budget, isSensitive)
    if (inner !== value && parents.includes(inner)) return circularText
    if (Array.isArray(inner)) return copyList(inner, path, budget, isSensitive)
    return copyObject(inner, path, budget, isSensitive)
  } catch {
    return unreadableText
  }
}

function copyList(
  list: readonly unknown[],
  path: readonly object[],
  budget: { nodes: number },
  isSensitive: (key: string) => boolean,
): unknown[] {
  const copy: unknown[] = []
  for (let index = 0; index < list.length && budget.nodes > 0; index++) {
    copy.push(safeCopy(readProperty(list, index), path, budget, isSensitive) ?? null)
  }
  if (copy.length < list.length) copy.push(`[${list.length - copy.length} more]`)
  return copy
}

function copyObject(
  object: object,
  path: readonly object[],
  budget: { nodes: number },
  isSensitive: (key: string) => boolean,
): Record<string, unknown> {
  // Without a prototype, so that a key named __proto__ is a key like any other.
  const copy: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(object)) {
    if (budget.nodes <= 0) break
    copy[key] = isSensitive(key)
      ? redactedText
      : safeCopy(readProperty(object, key), path, budget, isSensitive)
  }
  return copy
}
