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
    return Reflect.get(object, key)
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
    return types.isNativeError(value) || value instanceof Error
  } catch {
    return false // a proxy whose traps throw
  }
}

/**
 * What an object stands for in a line: a text for dates, buffers and whatever has its own `toJSON`, a list or a
 * plain object for collections, and else the object itself.
 */
export function unwrapObject(value: object): unknown {
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `<Buffer ${value.byteLength} bytes>`
  const toJson = readProperty(value, 'toJSON')
  // JSON.stringify calls whatever function it finds under this name; so does this.
  if (typeof toJson === 'function') return (toJson as () => unknown).call(value)
  if (Array.isArray(value)) return value
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
  return JSON.stringify(safeCopy(value, [], budget, isSensitive)) ?? ''
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
