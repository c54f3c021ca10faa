import type { Transform } from './gelf-line.ts'
import { isError } from './safe-value.ts'

/** pino's settings for values, as a logger carries them. */
export interface ValueSettings {
  /** By key, what to write in place of a value. */
  readonly serializers: unknown
  /** By first key of a redaction path, the function from value to JSON text; under a symbol that for all other keys. */
  readonly stringifiers: unknown
  readonly wildcardKey: symbol | undefined
  readonly standardErrorSerializer: (error: Error) => unknown
}

type ByKey = ReadonlyMap<string, (value: unknown) => unknown>

/** What pino's settings make of the value of each key; `undefined` when they say nothing about any. */
export function createTransform(settings: ValueSettings): Transform | undefined {
  const { standardErrorSerializer, wildcardKey } = settings
  const serializers = functionsOf(settings.serializers)
  // Errors are ours to write: the standard serializer flattens causes into one text.
  if (serializers.get('err') === standardErrorSerializer) serializers.delete('err')
  const stringifiers: ByKey = functionsOf(settings.stringifiers)
  const wildcard = wildcardKey === undefined ? undefined : functionAt(settings.stringifiers, wildcardKey)
  if (serializers.size === 0 && stringifiers.size === 0 && wildcard === undefined) return undefined

  return (key, value) => {
    if (value === undefined) return undefined
    try {
      const serializer = serializers.get(key)
      const serialized = serializer === undefined ? value : serializer(value)
      const stringify = stringifiers.get(key) ?? wildcard
      if (stringify === undefined || serialized === undefined) return serialized
      const text = stringify(isError(serialized) ? standardErrorSerializer(serialized) : serialized)
      // A path with `remove` comes to nothing; otherwise redaction answers with JSON.
      return typeof text === 'string' ? (JSON.parse(text) as unknown) : undefined
    } catch {
      return '[unreadable]'
    }
  }
}

function functionsOf(table: unknown): Map<string, (value: unknown) => unknown> {
  const found = new Map<string, (value: unknown) => unknown>()
  if (typeof table !== 'object' || table === null) return found
  for (const key of Object.keys(table)) {
    const value = functionAt(table, key)
    if (value !== undefined) found.set(key, value)
  }
  return found
}

function functionAt(table: unknown, key: string | symbol): ((value: unknown) => unknown) | undefined {
  const value: unknown = typeof table === 'object' && table !== null ? Reflect.get(table, key) : undefined
  // pino calls whatever function stands there with the value alone.
  return typeof value === 'function' ? (value as (value: unknown) => unknown) : undefined
}
