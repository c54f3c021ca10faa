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
 * and below them its further rows and the full message, indented. What stands before the line, as the name of a pod in
 * `kubectl logs --prefix`, stays there. Control characters and those that turn the direction of writing are shown as escapes,
 * so that nothing in a line can steer the terminal. What is no line of a log is shown as it is, escaped the same way.
 *
 * @param line one line, with or without its newline
 * @returns text that ends in a newline
 */
export function formatPretty(line: string, options: PrettyOptions = {}): string {
  const text = line.endsWith('\n') ? line.slice(0, -1) : line
  const start = text.indexOf('{"')
  const fields = start === -1 ? undefined : parse(start === 0 ? text : text.slice(start))
  if (fields === undefined) return `${escapeControls(text)}\n`
  const paint = (value: string, sgr: string): string =>
    options.colour === true ? `\u001b[${sgr}m${value}\u001b[0m` : value

  const [word, sgr] = levelOf(fields['level'])
  const level = fields['_level_name'] ?? fields['level_name']
  const service = fields['_service'] ?? fields['service']
  const message = textOf(fields['short_message'])
  const [firstRow = '', ...furtherRows] = message.split('\n')
  const head = [
    paint(timeOf(fields['timestamp']), '90'),
    paint(level === 'trace' ? 'TRACE' : word, sgr),
    ...(service === undefined ? [] : [paint(escapeControls(textOf(service)), '35')]),
    escapeControls(firstRow),
  ]
  const rest = additionalFields(fields).map(([name, value]) =>
    paint(`${escapeControls(name)}=${valueText(value)}`, '90'),
  )
  // Below the line, and indented: nothing in a message can pass for a line of its own.
  const full = fields['full_message']
  const below = [
    ...(furtherRows.length === 0 ? [] : [furtherRows.join('\n')]),
    ...(full === undefined || full === message ? [] : [textOf(full)]),
  ].map((part) => `${indent(escapeControls(part, true))}\n`)
  return `${escapeControls(text.slice(0, start))}${[...head, ...rest].join(' ')}\n${below.join('')}`
}

/** The fields of a line of a log: `undefined` for everything else, JSON of others included. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    // Text that begins with a brace is a record of unknown values, or no JSON.
    const value = JSON.parse(text) as Record<string, unknown>
    return value['short_message'] === undefined ? undefined : value
  } catch {
    return undefined
  }
}

/** GELF takes a line without a level for an alert; collectors make texts of some; a level that is none says nothing. */
function levelOf(level: unknown): readonly [string, string] {
  const severity = level === undefined ? 1 : typeof level === 'string' ? Number.parseInt(level, 10) : level
  return (typeof severity === 'number' ? levels[severity] : undefined) ?? ['?    ', '0']
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

/** Shows control characters (C0, DEL, C1), line separators and those that turn the direction of writing (Unicode's UAX 9) as `\x1b` or `\u202e`. */
function escapeControls(text: string, keepLayout = false): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) => {
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
