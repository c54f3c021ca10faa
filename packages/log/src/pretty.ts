/** Options of {@link formatPretty}. */
export interface PrettyOptions {
  /**
   * Mark the level and dim the fields with terminal colours.
   *
   * @defaultValue false
   */
  readonly colour?: boolean
}

/** Syslog severities as words of one width, and their SGR colours (ECMA-48): red, yellow, cyan, grey. */
const levels: readonly (readonly [string, string])[] = [
  ['FATAL', '31;1'],
  ['FATAL', '31;1'],
  ['FATAL', '31;1'],
  ['ERROR', '31'],
  ['WARN ', '33'],
  ['NOTE ', '36'],
  ['INFO ', '32'],
  ['DEBUG', '90'],
]

/** The same on every line of a process, so only in the way of a reader. */
const hiddenFields: ReadonlySet<string> = new Set(['version', 'env', 'pod', 'node', 'pid', 'level_name'])

/** Fields of GELF itself; in the collector's form `version` is one of ours. */
const gelfFields: ReadonlySet<string> = new Set([
  'host',
  'short_message',
  'full_message',
  'timestamp',
  'level',
])

/** Fields that the message of an access line already shows. */
const accessFields: ReadonlySet<string> = new Set(['method', 'route', 'status'])

/**
 * Turns one GELF line, of either format, into text for people: time, level, service, first row of the message, fields,
 * and below them its further rows and the full message, indented. Control characters and those that turn the direction of writing are shown as escapes,
 * so that a logged value cannot steer the terminal. A line that is not JSON is shown as it is, escaped the same way.
 *
 * @param line one line, with or without its newline
 * @returns text that ends in a newline
 */
export function formatPretty(line: string, options: PrettyOptions = {}): string {
  const text = line.endsWith('\n') ? line.slice(0, -1) : line
  const fields = parse(text)
  if (fields === undefined) return `${escapeControls(text)}\n`
  const paint = (value: string, sgr: string): string =>
    options.colour === true ? `\u001b[${sgr}m${value}\u001b[0m` : value

  const [word, sgr] = levels[Number(fields['level'] ?? 1)] ?? ['?    ', '0']
  const level = fields['_level_name'] ?? fields['level_name']
  const service = fields['_service'] ?? fields['service']
  const message = textOf(fields['short_message'] ?? '')
  const [firstRow = '', ...furtherRows] = message.split('\n')
  const head = [
    paint(timeOf(fields['timestamp']), '90'),
    paint(level === 'trace' ? 'TRACE' : word, sgr),
    ...(service === undefined ? [] : [paint(escapeControls(textOf(service)), '35')]),
    escapeControls(firstRow),
  ]
  const rest = additionalFields(fields).map(([name, value]) => paint(`${name}=${valueText(value)}`, '90'))
  // Below the line, and indented: nothing in a message can pass for a line of its own.
  const full = fields['full_message']
  const below = [
    ...(furtherRows.length === 0 ? [] : [furtherRows.join('\n')]),
    ...(full === undefined || full === message ? [] : [textOf(full)]),
  ].map((part) => `${indent(escapeControls(part, true))}\n`)
  return `${[...head, ...rest].join(' ')}\n${below.join('')}`
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // Any JSON object is a record of unknown values.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** A text as it is; anything else as JSON. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Local time of the reader, to the millisecond; the date is seldom in question. */
function timeOf(timestamp: unknown): string {
  const date = new Date(Number(timestamp) * 1000)
  if (Number.isNaN(date.getTime())) return '--:--:--.---'
  const clockText = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => padded(part, 2))
    .join(':')
  return `${clockText}.${padded(date.getMilliseconds(), 3)}`
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

function additionalFields(fields: Record<string, unknown>): (readonly [string, unknown])[] {
  const isAccess = 'duration_ms' in fields || '_duration_ms' in fields
  return Object.entries(fields)
    .filter(([name]) => !gelfFields.has(name))
    .map(([name, value]) => [name.startsWith('_') ? name.slice(1) : name, value] as const)
    .filter(
      ([name]) => name !== 'service' && !hiddenFields.has(name) && !(isAccess && accessFields.has(name)),
    )
}

function valueText(value: unknown): string {
  const text = escapeControls(textOf(value))
  return typeof value === 'string' && /[\s"=]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text
}

/** Shows control characters (C0, DEL, C1) and bidirectional ones as `\x1b` or `\u202e`. */
function escapeControls(text: string, keepLayout = false): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (keepLayout && (character === '\n' || character === '\t')) return character
    if (character === '\n') return '\\n'
    if (character === '\t') return '\\t'
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((row) => `    ${row}`)
    .join('\n')
}
