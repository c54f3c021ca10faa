import { checkGelfLine } from './gelf-check.ts'

/** What a line must have: fields by name, with or without the underscore; texts may be patterns. */
export type ExpectedLine = Readonly<Record<string, unknown>>

/** Takes the lines of a log and answers questions about them. Fits the `destination` of `createLog`. */
export interface TestLogger {
  write(line: string): void
  /** Every line so far, read. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** The lines that have all of the given fields. */
  matching(expected: ExpectedLine): readonly Readonly<Record<string, unknown>>[]
  /**
   * The one line that has all of the given fields.
   *
   * @throws `Error` that shows every line when there is none, or more than one
   */
  one(expected: ExpectedLine): Readonly<Record<string, unknown>>
  /** @throws `Error` that shows the line when one has all of the given fields */
  none(expected: ExpectedLine): void
  /** @throws `Error` with every violation when a line is no GELF as Graylog takes it */
  valid(): void
  clear(): void
}

/** Makes a {@link TestLogger}. */
export function createTestLogger(): TestLogger {
  const texts: string[] = []
  const lines: Readonly<Record<string, unknown>>[] = []
  const matching = (expected: ExpectedLine): readonly Readonly<Record<string, unknown>>[] =>
    lines.filter((line) => Object.entries(expected).every(([name, value]) => hasField(line, name, value)))
  const fail = (problem: string): never => {
    throw new Error(`${problem}. Lines:\n${texts.map((text) => `  ${text}`).join('\n') || '  none'}`)
  }

  return {
    write(line) {
      const text = line.endsWith('\n') ? line.slice(0, -1) : line
      texts.push(text)
      lines.push(fieldsOf(text))
    },
    lines,
    matching,
    one(expected) {
      const found = matching(expected)
      const [first] = found
      return first !== undefined && found.length === 1
        ? first
        : fail(`${found.length} lines have ${describeExpected(expected)}, not one`)
    },
    none(expected) {
      const { length } = matching(expected)
      if (length > 0) fail(`${length} lines have ${describeExpected(expected)}, and none should`)
    },
    valid() {
      const violations = texts.flatMap((text) => checkGelfLine(text))
      if (violations.length > 0) fail(violations.join(' '))
    },
    clear() {
      texts.length = 0
      lines.length = 0
    },
  }
}

function hasField(line: Readonly<Record<string, unknown>>, name: string, expected: unknown): boolean {
  const value = Object.hasOwn(line, name) ? line[name] : line[`_${name}`]
  return expected instanceof RegExp ? typeof value === 'string' && expected.test(value) : value === expected
}

function describeExpected(expected: ExpectedLine): string {
  return Object.entries(expected)
    .map(([name, value]) => `${name}=${value instanceof RegExp ? String(value) : JSON.stringify(value)}`)
    .join(' ')
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    // Any JSON object is a record of unknown values.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
