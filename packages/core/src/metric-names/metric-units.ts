/** Words for units, each with the base unit to use in its place: `units` of client_golang's promlint. */
const baseUnits: Readonly<Record<string, string>> = {
  amperes: 'amperes',
  bytes: 'bytes',
  celsius: 'celsius',
  grams: 'grams',
  joules: 'joules',
  kelvin: 'kelvin',
  meters: 'meters',
  metres: 'metres',
  moles: 'moles',
  seconds: 'seconds',
  volts: 'volts',
  minutes: 'seconds',
  hours: 'seconds',
  days: 'seconds',
  weeks: 'seconds',
  kelvins: 'kelvin',
  fahrenheit: 'celsius',
  rankine: 'celsius',
  inches: 'meters',
  yards: 'meters',
  miles: 'meters',
  bits: 'bytes',
  calories: 'joules',
  pounds: 'grams',
  ounces: 'grams',
}

/** As promlint has them, its misspelt ones (`kibi`, `mibi`) included: the verdict is to be the same. */
const prefix =
  /^(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mibi|giga|gibi|tera|tebi|peta|pebi)/

/** Abbreviations that promlint takes for units, in its order. */
export const abbreviatedUnits: readonly string[] = [
  's',
  'ms',
  'us',
  'ns',
  'sec',
  'b',
  'kb',
  'mb',
  'gb',
  'tb',
  'pb',
  'm',
  'h',
  'd',
]

/**
 * The base unit for one word of the name of a metric.
 *
 * @param word what stands between two underscores: `milliseconds`
 * @returns `seconds`; the word itself where it is a base unit; `undefined` where it is no unit
 */
export function baseUnitOf(word: string): string | undefined {
  const unit = Object.hasOwn(baseUnits, word) ? word : word.replace(prefix, '')
  return Object.hasOwn(baseUnits, unit) ? baseUnits[unit] : undefined
}

/** Whether a name holds a word between underscores or at its end; promlint never looks at the start. */
export function hasNamePart(name: string, word: string): boolean {
  const lower = name.toLowerCase()
  return lower.includes(`_${word}_`) || lower.endsWith(`_${word}`)
}
