/**
 * Longest line that passes, in bytes of UTF-8, without its newline. Container runtimes cut lines at 16 KiB;
 * 16,000 leaves room for what a collector wraps around a line.
 */
const maxLineBytes = 16_000

/** 2001-09-09 and 2286-11-20 as seconds: a timestamp in milliseconds, or one of an unset clock, lies outside. */
const earliestSeconds = 1e9
const latestSeconds = 1e10

/** Name of an additional field: GELF 1.1, without the empty name that its pattern lets through. */
const fieldName = /^_[\w.-]+$/

/** Names without their underscore that Graylog sets by itself: such a field is dropped, or overwrites the message. */
const reservedNames: ReadonlySet<string> = new Set([
  'id',
  'message',
  'source',
  'timestamp',
  'level',
  'host',
  'short_message',
  'full_message',
  'streams',
])

/**
 * Checks one log line against GELF 1.1 as Graylog takes it: what it would refuse, drop or store under another type
 * is a violation, although its input reports none of that to the sender.
 *
 * @param line one line, with or without its newline
 * @returns one sentence per violation; empty when the line is valid
 */
export function checkGelfLine(line: string): string[] {
  return checkGelfMessage(line, maxLineBytes)
}

/** {@link checkGelfLine} for messages that no container runtime has to carry: Graylog's inputs take longer ones. */
export function checkGelfMessage(line: string, maxBytes: number): string[] {
  const text = line.endsWith('\n') ? line.slice(0, -1) : line
  const violations: string[] = []
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) violations.push(`The line has ${bytes} bytes, more than ${maxBytes}.`)
  if (/[\r\n]/.test(text)) violations.push('The line holds a line break.')
  if (!text.isWellFormed()) violations.push('The line holds half a surrogate pair, which UTF-8 cannot carry.')

  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return [...violations, 'The line is not JSON.']
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return [...violations, 'The line is not a JSON object.']
  }
  for (const name of duplicateKeys(text)) violations.push(`${name} appears more than once.`)
  const fields = new Map<string, unknown>(Object.entries(message))
  for (const name of ['version', 'host', 'short_message']) {
    if (!fields.has(name)) violations.push(`${name} is missing.`)
  }
  for (const [name, value] of fields) {
    const problem = fieldProblem(name, value)
    if (problem !== undefined) violations.push(`${name === '' ? 'A field' : name} ${problem}.`)
  }
  return violations
}

function fieldProblem(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'version':
      return value === '1.1' ? undefined : 'is not "1.1"'
    case 'host':
    case 'short_message':
      if (typeof value !== 'string') return 'is not a string'
      return value.trim() === '' ? 'is blank' : undefined
    case 'full_message':
      return typeof value === 'string' ? undefined : 'is not a string'
    case 'timestamp':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'is not a finite number'
      return value >= earliestSeconds && value < latestSeconds
        ? undefined
        : 'is no plausible time in seconds since 1970'
    case 'level':
      return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 7
        ? undefined
        : 'is not a whole number from 0 to 7'
    default:
      return additionalFieldProblem(name, value)
  }
}

function additionalFieldProblem(name: string, value: unknown): string | undefined {
  if (name === '' || name === '_') return 'has an empty name'
  if (!name.startsWith('_')) return 'is neither a field of GELF nor begins with an underscore'
  if (!fieldName.test(name)) return 'has other characters in its name than letters, digits, _ . and -'
  const stored = name.slice(1)
  // Graylog strips one underscore; a name that still has one is internal to its search index (`_id`, `_source`, …).
  if (stored.startsWith('_') || stored.startsWith('gl2_') || reservedNames.has(stored))
    return 'is a reserved name'
  if (typeof value === 'string') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'is not a finite number'
  return `is ${kindOf(value)}, not a string or a number`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'boolean' ? 'a boolean' : 'an object'
}

/** Keys of the outermost object that occur twice: `JSON.parse` keeps only the last of them. The text is valid JSON. */
function duplicateKeys(text: string): Set<string> {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  let depth = 0
  let lastString = ''
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (token !== ':') lastString = token
    else if (depth === 1) {
      const key = String(JSON.parse(lastString))
      if (seen.has(key)) duplicates.add(key)
      seen.add(key)
    }
  }
  return duplicates
}
