import { describe, expect, test } from 'vitest'
import { checkGelfLine } from './gelf-check.ts'

const valid = {
  version: '1.1',
  host: 'pod-1',
  short_message: 'served',
  full_message: 'served\nwith details',
  timestamp: 1_767_225_600.123,
  level: 6,
  _request_id: 'abc-1',
  '_http.status-code': 200,
  _duration_ms: 1.25,
  _empty: '',
}

function withField(name: string, value: unknown): string {
  return JSON.stringify({ ...valid, [name]: value })
}

function without(name: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(valid).filter(([key]) => key !== name)))
}

describe('checkGelfLine', () => {
  test('takes a line that keeps every rule, with and without its newline', () => {
    expect(checkGelfLine(JSON.stringify(valid))).toEqual([])
    expect(checkGelfLine(`${JSON.stringify(valid)}\n`)).toEqual([])
  })

  test('takes a line without timestamp, level and full_message, which GELF leaves open', () => {
    expect(checkGelfLine('{"version":"1.1","host":"h","short_message":"m"}')).toEqual([])
  })

  test.each([
    ['text that is not JSON', 'served', 'The line is not JSON.'],
    ['nothing', '', 'The line is not JSON.'],
    ['two objects', '{}{}', 'The line is not JSON.'],
    ['a list', '[]', 'The line is not a JSON object.'],
    ['null', 'null', 'The line is not a JSON object.'],
    ['a number', '1', 'The line is not a JSON object.'],
    [
      'a line break within the line',
      JSON.stringify(valid).replace(',', ',\n'),
      'The line holds a line break.',
    ],
    ['a carriage return', `${JSON.stringify(valid)}\r\n`, 'The line holds a line break.'],
    ['a second newline', `${JSON.stringify(valid)}\n\n`, 'The line holds a line break.'],
    [
      'half a surrogate pair',
      JSON.stringify(valid).replace('served', '\ud800'),
      'The line holds half a surrogate pair, which UTF-8 cannot carry.',
    ],
    ['no version', without('version'), 'version is missing.'],
    ['another version', withField('version', '1.0'), 'version is not "1.1".'],
    ['a version that is a number', withField('version', 1.1), 'version is not "1.1".'],
    ['no host', without('host'), 'host is missing.'],
    ['a blank host', withField('host', ' '), 'host is blank.'],
    ['a host that is no string', withField('host', 1), 'host is not a string.'],
    ['no short_message', without('short_message'), 'short_message is missing.'],
    ['a blank short_message', withField('short_message', ' \t'), 'short_message is blank.'],
    ['a short_message that is no string', withField('short_message', null), 'short_message is not a string.'],
    ['a full_message that is no string', withField('full_message', 5), 'full_message is not a string.'],
    [
      'a timestamp that is a string',
      withField('timestamp', '1767225600'),
      'timestamp is not a finite number.',
    ],
    [
      'a timestamp beyond all numbers',
      JSON.stringify(valid).replace('1767225600.123', '1e999'),
      'timestamp is not a finite number.',
    ],
    [
      'a timestamp in milliseconds',
      withField('timestamp', 1_767_225_600_123),
      'timestamp is no plausible time in seconds since 1970.',
    ],
    [
      'a timestamp of zero',
      withField('timestamp', 0),
      'timestamp is no plausible time in seconds since 1970.',
    ],
    ['a level above 7', withField('level', 8), 'level is not a whole number from 0 to 7.'],
    ['a negative level', withField('level', -1), 'level is not a whole number from 0 to 7.'],
    ['a fractional level', withField('level', 2.5), 'level is not a whole number from 0 to 7.'],
    ['a level that is a string', withField('level', '6'), 'level is not a whole number from 0 to 7.'],
    [
      'a field without underscore',
      withField('user', 'a'),
      'user is neither a field of GELF nor begins with an underscore.',
    ],
    ['a field without name', withField('', 'a'), 'A field has an empty name.'],
    ['a field named _', withField('_', 'a'), '_ has an empty name.'],
    [
      'a blank in a name',
      withField('_user name', 'a'),
      '_user name has other characters in its name than letters, digits, _ . and -.',
    ],
    [
      'a letter outside ASCII in a name',
      withField('_größe', 'a'),
      '_größe has other characters in its name than letters, digits, _ . and -.',
    ],
    ['_id', withField('_id', 'a'), '_id is a reserved name.'],
    ['__id', withField('__id', 'a'), '__id is a reserved name.'],
    ['_message', withField('_message', 'a'), '_message is a reserved name.'],
    ['_source', withField('_source', 'a'), '_source is a reserved name.'],
    ['_timestamp', withField('_timestamp', 1), '_timestamp is a reserved name.'],
    ['_level', withField('_level', 1), '_level is a reserved name.'],
    ['_host', withField('_host', 'a'), '_host is a reserved name.'],
    ['_short_message', withField('_short_message', 'a'), '_short_message is a reserved name.'],
    ['_full_message', withField('_full_message', 'a'), '_full_message is a reserved name.'],
    ['_streams', withField('_streams', 'a'), '_streams is a reserved name.'],
    ['a name of Graylog itself', withField('_gl2_source_node', 'a'), '_gl2_source_node is a reserved name.'],
    ['a boolean', withField('_ok', true), '_ok is a boolean, not a string or a number.'],
    ['null in a field', withField('_none', null), '_none is null, not a string or a number.'],
    ['a list in a field', withField('_list', [1]), '_list is a list, not a string or a number.'],
    ['an object in a field', withField('_map', {}), '_map is an object, not a string or a number.'],
    [
      'a number beyond all numbers',
      JSON.stringify(valid).replace('1.25', '1e999'),
      '_duration_ms is not a finite number.',
    ],
    [
      'a key given twice',
      JSON.stringify(valid).replace('"_empty":""', '"_request_id":"z"'),
      '_request_id appears more than once.',
    ],
    [
      'a key given twice, once with an escape',
      JSON.stringify(valid).replace('"_empty":""', '"\\u005frequest_id":"z"'),
      '_request_id appears more than once.',
    ],
  ])('refuses %s', (_case, line, violation) => {
    expect(checkGelfLine(line)).toEqual([violation])
  })

  test('counts bytes, not characters, and lets exactly 16,000 pass', () => {
    const room = 16_000 - Buffer.byteLength(withField('_text', ''))
    expect(checkGelfLine(withField('_text', 'a'.repeat(room)))).toEqual([])
    expect(checkGelfLine(withField('_text', 'a'.repeat(room + 1)))).toEqual([
      'The line has 16001 bytes, more than 16000.',
    ])
    expect(checkGelfLine(withField('_text', 'é'.repeat(room)))).toHaveLength(1)
  })

  test('does not take keys of nested objects, nor text that looks like a key, for duplicates', () => {
    const line = withField('_text', '"host":"a","host":"b"\\')
    expect(checkGelfLine(line)).toEqual([])
    expect(checkGelfLine(withField('_map', { host: 1, version: 2 }))).toEqual([
      '_map is an object, not a string or a number.',
    ])
  })

  test('names every violation of a line', () => {
    expect(checkGelfLine('{"version":"1.1","host":"","_id":true}')).toEqual([
      'short_message is missing.',
      'host is blank.',
      '_id is a reserved name.',
    ])
  })
})
