import { nearest } from '@keelson/core/errors'
import shapes from './kubernetes-shapes.json' with { type: 'json' }
import type { FieldPath } from './yaml-adapter.ts'

/** What is wrong with the form of an object. */
export interface ShapeFault {
  /** A field that no such object has, a value of another type, or nothing where something is needed. */
  readonly kind: 'field' | 'value' | 'required'
  readonly path: FieldPath
  readonly problem: string
}

/** Fields by name; the form of one type of the table. */
type Shape = ReadonlyMap<string, { readonly required: boolean; readonly type: string }>

// Read from JSON: what TypeScript infers of it would be one property per type.
const kinds: Readonly<Record<string, string>> = shapes.kinds
const types: Readonly<Record<string, string>> = shapes.types

/** The packages that the table was distilled from. */
export const shapeSources: readonly string[] = shapes.sources

/** `apiVersion/kind` of everything that {@link checkShape} can judge. */
export const knownKinds: readonly string[] = Object.keys(kinds)

/**
 * Compares an object with the table of Kubernetes' objects, as the API does when it is asked to be strict: unknown
 * fields, wrong types, missing fields. What the cluster writes (`status`, `managedFields`) is not looked at.
 *
 * @returns `undefined` for kinds that the table does not have
 */
export function checkShape(
  value: unknown,
  apiVersion: string,
  kind: string,
): readonly ShapeFault[] | undefined {
  const id = `${apiVersion}/${kind}`
  const type = Object.hasOwn(kinds, id) ? kinds[id] : undefined
  return type === undefined ? undefined : checkType(value, type, [])
}

function checkType(value: unknown, type: string, path: FieldPath): readonly ShapeFault[] {
  if (type.endsWith('[]')) {
    return Array.isArray(value)
      ? value.flatMap((item, index) => checkType(item, type.slice(0, -2), [...path, index]))
      : [wrongType(value, 'a list', path)]
  }
  if (type.startsWith('{')) {
    return isFields(value)
      ? Object.entries(value).flatMap(([name, one]) => checkType(one, type.slice(1, -1), [...path, name]))
      : [wrongType(value, 'an object', path)]
  }
  if (type.startsWith("'")) return checkEnum(value, type.slice(1, -1).split("'|'"), path)
  const basic = Object.hasOwn(basicTypes, type) ? basicTypes[type] : undefined
  if (basic !== undefined) return basic.accepts(value) ? [] : [wrongType(value, basic.name, path)]
  const line = types[type] ?? ''
  return line.startsWith('=')
    ? checkType(value, line.slice(1), path)
    : checkFields(value, shapeOf(line), path)
}

function checkFields(value: unknown, shape: Shape, path: FieldPath): readonly ShapeFault[] {
  if (!isFields(value)) return [wrongType(value, 'an object', path)]
  const unknown = Object.keys(value).filter((name) => !shape.has(name))
  return [
    ...unknown.map((name) => unknownField(name, shape, [...path, name])),
    ...[...shape].flatMap(([name, { required, type }]): readonly ShapeFault[] => {
      const one = Object.hasOwn(value, name) ? value[name] : undefined
      const at = [...path, name]
      // The API takes null for nothing.
      if (one !== undefined && one !== null) return checkType(one, type, at)
      const isMistyped = unknown.some((other) => nearest(other, [name]) !== undefined)
      return required && !isMistyped ? [{ kind: 'required', path: at, problem: 'is missing' }] : []
    }),
  ]
}

function unknownField(name: string, shape: Shape, path: FieldPath): ShapeFault {
  const near = nearest(name, shape.keys())
  const known = [...shape.keys()].join(', ')
  const remedy = near === undefined ? `there are ${known}` : `did you mean ${near}?`
  return { kind: 'field', path, problem: `is no field here; ${remedy}` }
}

function checkEnum(value: unknown, values: readonly string[], path: FieldPath): readonly ShapeFault[] {
  if (typeof value !== 'string') return [wrongType(value, `one of ${values.join(', ')}`, path)]
  if (values.includes(value)) return []
  const near = nearest(value, values)
  const hint = near === undefined ? `one of ${values.join(', ')}` : `did you mean ${near}?`
  return [{ kind: 'value', path, problem: `is "${value}"; ${hint}` }]
}

function wrongType(value: unknown, expected: string, path: FieldPath): ShapeFault {
  return { kind: 'value', path, problem: `is ${show(value)}, not ${expected}` }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function shapeOf(line: string): Shape {
  return new Map(
    line.split(' ').flatMap((field) => {
      const at = field.indexOf(':')
      const name = field.slice(0, at)
      const required = name.endsWith('!')
      return at === -1 ? [] : [[required ? name.slice(0, -1) : name, { required, type: field.slice(at + 1) }]]
    }),
  )
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `resource.Quantity` of Kubernetes: a number with a binary or decimal suffix, or an exponent. */
const quantity = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/

const basicTypes: Readonly<
  Record<string, { readonly name: string; readonly accepts: (value: unknown) => boolean }>
> = {
  any: { name: 'anything', accepts: () => true },
  string: { name: 'a text', accepts: (value) => typeof value === 'string' },
  boolean: { name: 'true or false', accepts: (value) => typeof value === 'boolean' },
  integer: { name: 'a whole number', accepts: Number.isInteger },
  number: { name: 'a number', accepts: (value) => typeof value === 'number' },
  'int-or-string': {
    name: 'a whole number or a text',
    accepts: (value) => typeof value === 'string' || Number.isInteger(value),
  },
  quantity: {
    name: 'a quantity such as 100m or 512Mi',
    accepts: (value) => typeof value === 'number' || (typeof value === 'string' && quantity.test(value)),
  },
}
