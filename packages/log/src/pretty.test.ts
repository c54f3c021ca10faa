import { describe, expect, test } from 'vitest'
import { formatPretty } from './pretty.ts'

/** Noon of the reader's own time zone. */
const timestamp = new Date(2026, 0, 1, 12, 30, 5, 7).getTime() / 1000

const line = {
  version: '1.1',
  host: 'h',
  _service: 'delivery',
  _version: '1.0.0',
  _pid: 7,
  level: 4,
  timestamp,
  short_message: 'slow answer',
  _dependency: 'catalog',
  _note: 'two words',
  _duration: 12.5,
  _request_id: 'abc-1',
}

describe('formatPretty', () => {
  test('shows time, level, service, message and fields, and not what never changes', () => {
    expect(formatPretty(`${JSON.stringify(line)}\n`)).toBe(
      '12:30:05.007 WARN  delivery slow answer dependency=catalog note="two words" duration=12.5 request_id=abc-1\n',
    )
  })

  test('reads lines of the collector format', () => {
    const collector = {
      host: 'h',
      service: 's',
      version: '1',
      level: 6,
      timestamp,
      short_message: 'm',
      user: 'ada',
    }
    expect(formatPretty(JSON.stringify(collector))).toBe('12:30:05.007 INFO  s m user=ada\n')
  })

  test.each([
    [2, {}, 'FATAL'],
    [3, {}, 'ERROR'],
    [4, {}, 'WARN '],
    [6, {}, 'INFO '],
    [7, {}, 'DEBUG'],
    [7, { _level_name: 'trace' }, 'TRACE'],
    [6, { level: '3' }, 'ERROR'],
    [6, { level: undefined }, 'FATAL'],
  ])('names level %d with %j %s', (level, more, word) => {
    expect(formatPretty(JSON.stringify({ ...line, level, ...more }))).toContain(` ${word} delivery`)
  })

  test('shows the full message below, indented', () => {
    const text = formatPretty(JSON.stringify({ ...line, full_message: 'Error: x\n\tat y' }))
    expect(text).toMatch(/request_id=abc-1\n {4}Error: x\n {4}\tat y\n$/)
  })

  test('does not show a full message that says no more than the message', () => {
    expect(formatPretty(JSON.stringify({ ...line, full_message: 'slow answer' }))).toMatch(/^.*\n$/)
  })

  test('does not repeat in an access line what its message says', () => {
    const access = {
      ...line,
      short_message: 'GET /a 200',
      _method: 'GET',
      _route: '/a',
      _status: 200,
      _duration_ms: 1.5,
    }
    const text = formatPretty(JSON.stringify(access))
    expect(text).toContain('duration_ms=1.5')
    expect(text).not.toMatch(/method=|route=|status=/)
  })

  test('uses colours only when told to', () => {
    expect(formatPretty(JSON.stringify(line))).not.toContain('\u001b')
    expect(formatPretty(JSON.stringify(line), { colour: true })).toContain('\u001b[33mWARN \u001b[0m')
  })

  test('escapes everything that could steer the terminal or the reader', () => {
    const hostile = 'a\u001b[2Jb\u0007\r\nc\u009b1md\u202ee\u007f'
    const text = formatPretty(
      JSON.stringify({
        ...line,
        short_message: hostile,
        _x: hostile,
        _service: hostile,
        full_message: `${hostile}!`,
      }),
    )
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(text).toContain('a\\x1b[2Jb\\x07\\x0d\\nc\\x9b1md\\u202ee\\x7f')
    // The first row, the second of the message, two of the full message, and the end.
    expect(text.split('\n')).toHaveLength(5)
  })

  test('shows what is not a line of a log as it is, escaped', () => {
    expect(formatPretty('Listening \u001b[1mhere\n')).toBe('Listening \\x1b[1mhere\n')
    expect(formatPretty('[1]\n')).toBe('[1]\n')
    expect(formatPretty('')).toBe('\n')
  })

  test('shows JSON that is no line of a log as it is', () => {
    for (const other of ['{"a":1}', '{"level":30,"msg":"of pino"}', '{"short_message":', '{}']) {
      expect(formatPretty(`${other}\n`)).toBe(`${other}\n`)
    }
  })

  test('escapes names of fields, which a foreign program may choose as it likes', () => {
    const text = formatPretty(JSON.stringify({ ...line, '_a\u001b[2J\n12:00 FATAL': 1, '\u061c\u202e': 2 }))
    expect(text).toMatch(/^[^\n]*\n$/)
    expect(text).toContain(String.raw`a\x1b[2J\n12:00 FATAL=1`)
    expect(text).toContain(String.raw`\u61c\u202e=2`)
  })

  test.each(['[pod/delivery-abc12/app] ', 'delivery-1  | ', '2026-01-01T11:30:05.007Z stdout F '])(
    'keeps what stands before a line: %j',
    (prefix) => {
      expect(formatPretty(`${prefix}${JSON.stringify(line)}\n`)).toBe(
        `${prefix}${formatPretty(JSON.stringify(line))}`,
      )
      expect(formatPretty(`\u001b[1m${prefix}${JSON.stringify(line)}`)).toContain(
        `\\x1b[1m${prefix}12:30:05.007 WARN `,
      )
    },
  )

  test.each([null, '', 'high', true, [3], 99, -1])('does not guess what the level %j means', (level) => {
    expect(formatPretty(JSON.stringify({ ...line, level }))).toContain(' ?     delivery')
  })

  test('survives a line without time and level', () => {
    expect(formatPretty('{"short_message":"m","level":99}')).toBe('--:--:--.--- ?     m\n')
  })

  test('shows the rows of a message below its first, indented so that none passes for a line', () => {
    const forged = '12:00:00.000 FATAL delivery forged'
    const many = JSON.stringify({
      version: '1.1',
      host: 'h',
      timestamp: 1,
      level: 3,
      short_message: `two faults\n  a.b is wrong\r\n${forged}\u001b[2J`,
      _a: 1,
    })
    const rows = formatPretty(many).trimEnd().split('\n')
    expect(rows[0]).toMatch(/ERROR two faults a=1$/)
    expect(rows.slice(1)).toEqual(['      a.b is wrong\\x0d', `    ${forged}\\x1b[2J`])
  })
})
