import { KeelsonError } from './keelson-error.ts'

/** Says what is accepted (`a whole number from 0 to 10`) when it refuses a value, and nothing when it takes it. */
export type OptionRule = (value: unknown) => string | undefined

/** Bounds of a numeric option; both ends are included unless said otherwise. */
export interface NumberBounds {
  readonly min?: number
  readonly max?: number
  /** Lower bound that itself is refused. */
  readonly above?: number
  /** Refuse fractions. */
  readonly integer?: boolean
}

/** The rules that option tables are written with. Every one of them takes `undefined`: an option is optional. */
export const optionRules: {
  /** A finite number within bounds. */
  readonly number: (bounds?: NumberBounds) => OptionRule
  /** A string that is not blank. */
  readonly string: OptionRule
  readonly boolean: OptionRule
  readonly function: OptionRule
  /** Any object, arrays excluded. */
  readonly object: OptionRule
  readonly array: OptionRule
  /** One of a closed set of strings. */
  readonly oneOf: (...values: readonly string[]) => OptionRule
  /** Whatever the type system lets through. */
  readonly any: OptionRule
} = {
  number: (bounds = {}) => required((value) => numberProblem(value, bounds)),
  string: required((value) =>
    typeof value === 'string' && value.trim() !== '' ? undefined : 'a text that is not blank',
  ),
  boolean: required((value) => (typeof value === 'boolean' ? undefined : 'true or false')),
  function: required((value) => (typeof value === 'function' ? undefined : 'a function')),
  object: required((value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object',
  ),
  array: required((value) => (Array.isArray(value) ? undefined : 'a list')),
  oneOf: (...values) =>
    required((value) =>
      typeof value === 'string' && values.includes(value) ? undefined : `one of ${values.join(', ')}`,
    ),
  any: () => undefined,
}

/**
 * Checks the options of a factory once, at construction: unknown names, wrong types, values out of range.
 *
 * @param code error code to throw with, `KEELSON_<AREA>_OPTIONS_INVALID`
 * @param path name of the factory; opens the path shown in the message, e.g. `retry.maxRetries`
 * @param options what the caller handed over
 * @param rules one rule per accepted option
 * @throws the given code, with the path, the value and what would be accepted. Only the type is shown of a text, which may be a secret.
 */
export function checkOptions<T extends object>(
  code: string,
  path: string,
  options: T,
  rules: { readonly [K in keyof Required<T>]: OptionRule },
): void {
  if (typeof options !== 'object' || options === null) {
    throw new KeelsonError(code, `${path} takes an object of options, not ${show(options)}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? (rules as Record<string, OptionRule>)[name] : undefined
    if (rule === undefined) {
      throw new KeelsonError(
        code,
        `${path}.${name} is not an option. Known options: ${Object.keys(rules).join(', ')}.`,
        {
          details: { path: `${path}.${name}` },
        },
      )
    }
    const accepted = rule(value)
    if (accepted !== undefined) {
      throw new KeelsonError(code, `${path}.${name} is ${show(value)}. It takes ${accepted}.`, {
        details: { path: `${path}.${name}`, accepted },
      })
    }
  }
}

function required(rule: OptionRule): OptionRule {
  return (value) => (value === undefined ? undefined : rule(value))
}

function numberProblem(value: unknown, { min, max, above, integer }: NumberBounds): string | undefined {
  const inRange =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above) &&
    (integer !== true || Number.isInteger(value))
  if (inRange) return undefined
  const kind = integer === true ? 'a whole number' : 'a number'
  const low = above !== undefined ? ` above ${above}` : min !== undefined ? ` from ${min}` : ''
  return `${kind}${low}${max !== undefined ? ` up to ${max}` : ''}`
}

function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value)
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
