import type { Schema } from './contract-schema.ts'

/**
 * Checks a value against a schema.
 *
 * @param value parsed JSON
 * @param path what the value is called in messages; its parts are joined by dots
 * @returns one sentence per fault, each opening with the path; empty when the value fits
 */
export function checkAgainst(schema: Schema, value: unknown, path = ''): readonly string[] {
  const name = path === '' ? 'the file' : path
  const kind = kindOf(value)
  if (
    schema.type !== undefined &&
    kind !== schema.type &&
    !(schema.type === 'number' && kind === 'integer')
  ) {
    return [`${name} is ${article(kind)}, not ${article(schema.type)}`]
  }
  if (typeof value === 'string') return textFaults(schema, value, name)
  if (typeof value === 'number') return numberFaults(schema, value, name)
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined
      ? []
      : value.flatMap((item, index) => checkAgainst(items, item, `${path}[${index}]`))
  }
  // kindOf said object, and arrays and null are gone.
  return kind === 'object' ? objectFaults(schema, value as Readonly<Record<string, unknown>>, path) : []
}

function textFaults(schema: Schema, value: string, name: string): readonly string[] {
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`${name} is "${value}", not one of ${schema.enum.join(', ')}`]
  if (schema.minLength !== undefined && value.trim().length < schema.minLength)
    return [`${name} is shorter than ${schema.minLength} characters`]
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
    return [`${name} is "${value}", which does not match ${schema.pattern}`]
  return []
}

function numberFaults(schema: Schema, value: number, name: string): readonly string[] {
  if (schema.minimum !== undefined && value < schema.minimum)
    return [`${name} is ${value}, less than ${schema.minimum}`]
  if (schema.maximum !== undefined && value > schema.maximum)
    return [`${name} is ${value}, more than ${schema.maximum}`]
  return []
}

function objectFaults(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): readonly string[] {
  const known = schema.properties ?? {}
  const inside = (key: string) => (path === '' ? key : `${path}.${key}`)
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key))
  return [
    ...missing.map((key) => `${inside(key)} is missing`),
    ...Object.entries(value).flatMap(([key, item]) => {
      const own = Object.hasOwn(known, key) ? known[key] : schema.additionalProperties
      if (own === false)
        return [`${inside(key)} is not known here; known are ${Object.keys(known).join(', ')}`]
      return own === undefined ? [] : checkAgainst(own, item, inside(key))
    }),
  ]
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function article(kind: string): string {
  return kind === 'null' ? kind : `${/^[aio]/.test(kind) ? 'an' : 'a'} ${kind}`
}
