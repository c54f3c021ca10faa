import { describeIssue, isStandardSchema, type StandardSchema } from '@keelson/core/standard-schema'
import { accept, type Coerced, enumFormat, refuse, type ScalarFormat, scalarFormats } from './formats.ts'
import { plainValue, readJson } from './json-reader.ts'
import { isPlainObject } from './plain-object.ts'
import type { Format } from './schema.ts'

/** What convict is given as format; see convict-adapter.ts. `undefined`: the value is none that convict can check. */
export type ConvictFormat = string | readonly unknown[] | ((value: unknown) => void)

/** A format of the user's own, in the shape that convict's `addFormats` takes. */
export interface CustomFormat {
  /** Throws when it refuses the value. */
  readonly validate: (value: unknown) => void
  /** Turns a text from a file, the environment or etcd into the value. Throws when it cannot. */
  readonly coerce?: (text: string) => unknown
}

/** A format of the schema, ready to coerce raw values. */
export interface CompiledFormat {
  /** As in the schema, for people: `port`, `array of integer`. */
  readonly name: string
  readonly accepts: string
  /** `map` merges its entries across layers; everything else is replaced as a whole. */
  readonly kind: 'scalar' | 'array' | 'map' | 'object' | 'standard' | 'custom'
  /** See {@link ScalarFormat.numeric}. */
  readonly numeric: boolean
  /** Whether an empty text can be meant. */
  readonly takesEmptyText: boolean
  readonly fromText: (text: string) => Coerced
  readonly fromValue: (value: unknown) => Coerced
  readonly convict: ConvictFormat | undefined
}

// convict's own name for each scalar that it can check. It knows neither durations nor sizes, which are numbers then.
const convictNames: Readonly<Record<string, string>> = {
  string: 'String',
  integer: 'int',
  nat: 'nat',
  port: 'port',
  number: 'Number',
  duration: 'nat',
  bytes: 'nat',
  boolean: 'Boolean',
  url: 'String',
  regexp: 'RegExp',
}

const aliases: Readonly<Record<string, string>> = {
  int: 'integer',
  String: 'string',
  Number: 'number',
  Boolean: 'boolean',
  Array: 'array',
  Object: 'object',
  RegExp: 'regexp',
}

const constructors: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [String, 'string'],
  [Number, 'number'],
  [Boolean, 'boolean'],
  [Array, 'array'],
  [Object, 'object'],
  [RegExp, 'regexp'],
])

/**
 * Makes a format ready. Names that are neither ours nor in `custom` are left to convict, where they may have been added.
 *
 * @param items format of the elements of an array or the values of a map
 */
export function compileFormat(
  format: Format,
  items: Format | undefined,
  custom: Readonly<Record<string, CustomFormat>>,
): CompiledFormat {
  if (isStandardSchema(format)) return standardFormat(format)
  if (Array.isArray(format)) return fromScalar('enum', enumFormat(format), format)
  if (typeof format === 'function') {
    const name = constructors.get(format)
    // A format that is no constructor, no list and no Standard Schema is a check in convict's manner.
    return name === undefined
      ? customFormat('custom', { validate: format as CustomFormat['validate'] })
      : compileFormat(name, items, custom)
  }
  const name = aliasOf(format as string) // lists, schemas and functions are dealt with above
  if (Object.hasOwn(scalarFormats, name)) {
    // hasOwn has just said so.
    return fromScalar(name, scalarFormats[name] as ScalarFormat, convictNames[name])
  }
  if (name === 'array') return arrayFormat(compileFormat(items ?? 'string', undefined, custom))
  if (name === 'map') return mapFormat(compileFormat(items ?? 'string', undefined, custom))
  if (name === 'object') return objectFormat()
  if (name === '*') return anyFormat()
  return customFormat(name, Object.hasOwn(custom, name) ? custom[name] : undefined)
}

/** Whether a name is taken by a format of this package. */
export function isBuiltInFormat(name: string): boolean {
  return (
    Object.hasOwn(scalarFormats, aliasOf(name)) || ['array', 'map', 'object', '*'].includes(aliasOf(name))
  )
}

function aliasOf(name: string): string {
  return Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name
}

function fromScalar(name: string, scalar: ScalarFormat, convict: ConvictFormat | undefined): CompiledFormat {
  return {
    name,
    accepts: scalar.accepts,
    kind: 'scalar',
    numeric: scalar.numeric,
    takesEmptyText: name === 'string' || name === 'enum',
    fromText: scalar.fromText,
    fromValue: (value) => (typeof value === 'string' ? scalar.fromText(value) : scalar.fromValue(value)),
    convict,
  }
}

function arrayFormat(item: CompiledFormat): CompiledFormat {
  const fromValue = (value: unknown): Coerced => {
    if (!Array.isArray(value)) return refuse('is not a list')
    return collect(value.map((element, index) => [`item ${index + 1}`, item.fromValue(element)]))
  }
  return {
    name: `array of ${item.name}`,
    accepts: `a list, as JSON or separated by commas, each ${item.accepts}`,
    kind: 'array',
    numeric: false,
    takesEmptyText: true,
    fromText: (text) => {
      if (text.trimStart().startsWith('[')) return fromJsonText(text, fromValue)
      if (text.trim() === '') return accept([])
      return collect(
        text.split(',').map((part, index) => [`item ${index + 1}`, item.fromText(part.trim())] as const),
      )
    },
    // A text in a JSON file is one text, not a list with commas: the file has brackets for that.
    fromValue,
    convict: 'Array',
  }
}

function mapFormat(item: CompiledFormat): CompiledFormat {
  const fromValue = (value: unknown): Coerced => {
    if (!isPlainObject(value)) return refuse('is not an object of entries')
    const entries = Object.entries(value)
    const values = collect(
      // null takes an entry of a lower layer away; resolve.ts does that.
      entries.map(([name, element]) => [name, element === null ? accept(null) : item.fromValue(element)]),
    )
    if (!values.ok) return { ...values, foreign: true } // the name of an entry may be part of a secret
    const list = values.value as readonly unknown[] // collect gives a list, one value for each entry
    return accept(Object.fromEntries(entries.map(([name], index) => [name, list[index]])))
  }
  return {
    name: `map of ${item.name}`,
    accepts: `an object of entries, as JSON, each ${item.accepts}`,
    kind: 'map',
    numeric: false,
    takesEmptyText: false,
    fromText: (text) => fromJsonText(text, fromValue),
    fromValue,
    convict: undefined,
  }
}

function objectFromValue(value: unknown): Coerced {
  return isPlainObject(value) ? accept(value) : refuse('is not an object')
}

function objectFormat(): CompiledFormat {
  return {
    name: 'object',
    accepts: 'an object, as JSON',
    kind: 'object',
    numeric: false,
    takesEmptyText: false,
    fromText: (text) => fromJsonText(text, objectFromValue),
    fromValue: objectFromValue,
    convict: undefined,
  }
}

function anyFormat(): CompiledFormat {
  return {
    name: '*',
    accepts: 'anything',
    kind: 'custom',
    numeric: false,
    takesEmptyText: true,
    fromText: accept,
    fromValue: accept,
    convict: undefined,
  }
}

function customFormat(name: string, custom: CustomFormat | undefined): CompiledFormat {
  const coerce = custom?.coerce
  const fromText = (text: string): Coerced => {
    if (coerce === undefined) return accept(text)
    try {
      return accept(coerce(text))
    } catch (error) {
      return foreignProblem(error)
    }
  }
  return {
    name,
    accepts: `what the format ${name} takes`,
    kind: 'custom',
    numeric: false,
    takesEmptyText: true,
    fromText,
    fromValue: (value) => (typeof value === 'string' ? fromText(value) : accept(value)),
    convict: custom?.validate ?? name,
  }
}

/**
 * A text is tried as it is first; when the schema refuses it and it is JSON, its value is tried, because a schema of
 * numbers cannot be told from one of texts. So `z.number()` takes `PORT=8080`, and `z.string()` keeps `"8080"` a text.
 */
function standardFormat(schema: StandardSchema<unknown, unknown>): CompiledFormat {
  const fromValue = (value: unknown): Coerced => {
    try {
      const result = schema['~standard'].validate(value)
      if (result instanceof Promise) {
        result.catch(() => undefined) // the answer is not waited for, nor may it become an unhandled rejection
        return refuse('has a schema that answers asynchronously; configuration is checked synchronously')
      }
      if (result.issues === undefined) return accept(result.value)
      return {
        ok: false,
        problem: `is refused: ${result.issues.map(describeIssue).join('; ')}`,
        foreign: true,
        issues: result.issues,
      }
    } catch (error) {
      return foreignProblem(error)
    }
  }
  return {
    name: `schema of ${schema['~standard'].vendor}`,
    accepts: 'what its schema takes',
    kind: 'standard',
    numeric: false,
    takesEmptyText: true,
    fromText: (text) => {
      const asText = fromValue(text)
      if (asText.ok) return asText
      const { root, problems } = readJson(text)
      if (root === undefined || problems.length > 0) return asText
      return fromValue(plainValue(root))
    },
    fromValue,
    convict: undefined,
  }
}

function fromJsonText(text: string, fromValue: (value: unknown) => Coerced): Coerced {
  const { root, problems } = readJson(text)
  const [problem] = problems
  if (problem !== undefined) {
    // Says which key is there twice and which character is unexpected: pieces of a secret, where it is one.
    return { ok: false, problem: `is not usable JSON: it ${problem.problem}`, foreign: true }
  }
  return root === undefined ? refuse('is not JSON') : fromValue(plainValue(root))
}

function collect(parts: readonly (readonly [name: string, coerced: Coerced])[]): Coerced {
  const values: unknown[] = []
  for (const [name, coerced] of parts) {
    if (!coerced.ok) return { ...coerced, problem: `is wrong in ${name}, which ${coerced.problem}` }
    values.push(coerced.value)
  }
  return accept(values)
}

function foreignProblem(error: unknown): Coerced {
  const message = error instanceof Error ? error.message : String(error)
  return { ok: false, problem: `is refused: ${message}`, foreign: true }
}
