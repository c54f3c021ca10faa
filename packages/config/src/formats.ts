import type { StandardIssue } from '@keelson/core/standard-schema'
import { parseBytes, parseDuration } from './quantities.ts'

/** Result of turning a raw value into the value of a format. */
export type Coerced =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false
      /** End of a sentence that begins with the key: `is not a whole number`. */
      readonly problem: string
      /** The problem is in words that may repeat a part of the value: not to be shown for secrets. */
      readonly foreign?: boolean
      /** What a Standard Schema found, one by one. */
      readonly issues?: readonly StandardIssue[]
    }

/** A format that stands for one plain value. */
export interface ScalarFormat {
  /** What it takes, for people: `a whole number from 0 to 65535`. */
  readonly accepts: string
  /** A number in the end: an empty text or a Kubernetes service link cannot be meant. */
  readonly numeric: boolean
  readonly fromText: (text: string) => Coerced
  /** Takes a value that is already typed, from a JSON file or the code. Texts go to `fromText` instead. */
  readonly fromValue: (value: unknown) => Coerced
}

// A pattern longer than this is no configuration; the engine's compile time grows with it.
const maxPatternLength = 1_000

/** The scalar formats by name. `array`, `map`, `object` and `*` are in compile-format.ts. */
export const scalarFormats: { readonly [name: string]: ScalarFormat } = {
  string: {
    accepts: 'a text',
    numeric: false,
    fromText: accept,
    fromValue: () => refuse('is not a text; write it in quotes'),
  },
  integer: integerFormat('a whole number', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  nat: integerFormat('a whole number, 0 or more', 0, Number.MAX_SAFE_INTEGER),
  port: integerFormat('a whole number from 0 to 65535', 0, 65_535),
  number: numberFormat(
    'a number',
    (text) => (decimal.test(text) ? Number(text) : undefined),
    Number.isFinite,
  ),
  duration: numberFormat('a duration such as 250ms, 5s, 2m or 1h', parseDuration, isQuantity),
  bytes: numberFormat('a size such as 64KiB, 10MB or 512Mi', parseBytes, isQuantity),
  boolean: {
    accepts: 'true or false',
    numeric: false,
    fromText: (text) => {
      const value = booleans.get(text.toLowerCase())
      return value === undefined ? refuse('is not true or false') : accept(value)
    },
    fromValue: (value) => (typeof value === 'boolean' ? accept(value) : refuse('is not true or false')),
  },
  url: {
    accepts: 'a URL with its scheme, such as http://catalog:8080',
    numeric: false,
    // `localhost:8080` parses as a URL whose scheme is `localhost`; the slashes tell what was meant.
    fromText: (text) =>
      /^[a-z][a-z0-9+.-]*:\/\/[^\s]+$/i.test(text) && URL.canParse(text)
        ? accept(text)
        : refuse('is not a URL with its scheme'),
    fromValue: () => refuse('is not a URL with its scheme'),
  },
  regexp: {
    accepts: `a regular expression of at most ${maxPatternLength} characters`,
    numeric: false,
    fromText: patternFromText,
    fromValue: (value) => (value instanceof RegExp ? accept(value) : refuse('is not a regular expression')),
  },
}

/** One of a closed set of values; from text, the one that is written so. */
export function enumFormat(members: readonly unknown[]): ScalarFormat {
  const accepts = `one of ${members.map(String).join(', ')}`
  return {
    accepts,
    numeric: members.every((member) => typeof member === 'number'),
    fromText: (text) => {
      const found = members.find((member) => String(member) === text)
      return found === undefined ? refuse(`is not ${accepts}`) : accept(found)
    },
    fromValue: (value) => (members.includes(value) ? accept(value) : refuse(`is not ${accepts}`)),
  }
}

/** A value that its format takes. */
export function accept(value: unknown): Coerced {
  return { ok: true, value }
}

/** A value that its format does not take. */
export function refuse(problem: string): Coerced {
  return { ok: false, problem }
}

const decimal = /^[+-]?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?$/i

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((text) => [text, true] as const),
  ...['false', '0', 'no', 'off'].map((text) => [text, false] as const),
])

function integerFormat(accepts: string, min: number, max: number): ScalarFormat {
  return numberFormat(
    accepts,
    (text) => (/^[+-]?\d+$/.test(text) ? Number(text) + 0 : undefined),
    (value) => Number.isSafeInteger(value) && value >= min && value <= max,
  )
}

function numberFormat(
  accepts: string,
  parse: (text: string) => number | undefined,
  inRange: (value: number) => boolean,
): ScalarFormat {
  const check = (value: unknown) =>
    typeof value === 'number' && inRange(value) ? accept(value) : refuse(`is not ${accepts}`)
  return { accepts, numeric: true, fromText: (text) => check(parse(text)), fromValue: check }
}

function isQuantity(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function patternFromText(text: string): Coerced {
  if (text.length > maxPatternLength) return refuse(`is longer than ${maxPatternLength} characters`)
  try {
    return accept(new RegExp(text, 'u'))
  } catch {
    return refuse('is not a regular expression')
  }
}
