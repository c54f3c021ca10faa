import { checkGelfLine, createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import type { LogOptions } from './log-options.ts'

type Fields = Record<string, string | number>

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLog({
    service: 'demo',
    host: 'pod-1',
    level: 'trace',
    clock: createFakeClock(),
    destination: { write: (line) => void lines.push(line) },
    ...options,
  })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Fields } // lines hold texts and numbers
}

/** The additional fields that a call adds to those of every line. */
function fieldsOf(object: object, options: Partial<LogOptions> = {}): Fields {
  const { log, lines, last } = capture(options)
  log.logger.info(object, 'm')
  expect(checkGelfLine(lines.at(-1) ?? '')).toEqual([])
  const own = new Set(['version', 'host', 'short_message', 'timestamp', 'level', '_service', '_pid'])
  return Object.fromEntries(Object.entries(last()).filter(([name]) => !own.has(name)))
}

describe('field values', () => {
  test('are texts and numbers only', () => {
    const circular: Record<string, unknown> = { a: 1 }
    circular['self'] = circular
    expect(
      fieldsOf({
        text: 'x',
        whole: 3,
        fraction: 0.5,
        nan: Number.NaN,
        infinite: -Infinity,
        yes: true,
        big: 12345678901234567890n,
        date: new Date(0),
        url: new URL('http://a/b'),
        pattern: /a+/,
        buffer: Buffer.from('abc'),
        array: new Float64Array(2),
        list: [1, 'a', null, true, { b: undefined }],
        set: new Set([1, 2]),
        map: new Map([['k', 1]]),
        boxed: Object('boxed'),
        circular,
      }),
    ).toEqual({
      _text: 'x',
      _whole: 3,
      _fraction: 0.5,
      _nan: 'NaN',
      _infinite: '-Infinity',
      _yes: 'true',
      _big: '12345678901234567890',
      _date: '1970-01-01T00:00:00.000Z',
      _url: 'http://a/b',
      _pattern: '/a+/',
      _buffer: '<Buffer 3 bytes>',
      _array: '<Buffer 16 bytes>',
      _list: '[1,"a",null,true,{}]',
      _set: '[1,2]',
      _map_k: 1,
      _boxed: 'boxed',
      _circular_a: 1,
      _circular_self: '[circular]',
    })
  })

  test('within lists are kept as JSON can hold them', () => {
    const circular: unknown[] = [Number.NaN, 1n, Symbol('x')]
    circular.push(circular)
    expect(fieldsOf({ circular })).toEqual({ _circular: '["NaN","1",null,"[circular]"]' })
  })

  test('within lists are shown eight levels deep, and two thousand of them', () => {
    let deep: unknown[] = []
    for (let level = 0; level < 20; level++) deep = [deep]
    expect(fieldsOf({ deep })).toEqual({ _deep: '[[[[[[[["[list]"]]]]]]]]' })
    expect(fieldsOf({ long: Array.from({ length: 100_000 }).fill(1) })['_long']).toMatch(
      /^\[1,1,.*"\[980\d\d more\]"\]$/,
    )
  })

  test('without meaning are left out', () => {
    expect(
      fieldsOf({ a: undefined, b: null, c: '', d: Symbol('x'), e: () => 1, f: {}, g: new Date(Number.NaN) }),
    ).toEqual({})
  })

  test('of ids are texts, because their type must not change from one line to the next', () => {
    expect(fieldsOf({ user_id: 42, userId: 42, videoID: 7, paid: 42 })).toEqual({
      _user_id: '42',
      _userId: '42',
      _videoID: '7',
      _paid: 42,
    })
  })

  test('that cannot be read are noted, and the others written', () => {
    const hostile = {
      get bad(): never {
        throw new Error('no')
      },
      good: 1,
      proxy: new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no')
          },
        },
      ),
      json: {
        toJSON: () => {
          throw new Error('no')
        },
      },
      list: [
        {
          get x(): never {
            throw new Error('no')
          },
        },
      ],
    }
    expect(fieldsOf(hostile)).toEqual({
      _bad: '[unreadable]',
      _good: 1,
      _proxy: '[unreadable]',
      _json: '[unreadable]',
      _list: '[{"x":"[unreadable]"}]',
    })
  })

  test('of errors beside the error of the line are shown in parts', () => {
    expect(fieldsOf({ reason: new TypeError('no') })).toMatchObject({
      _reason_type: 'TypeError',
      _reason_message: 'no',
    })
  })

  test('are flattened four levels deep, and JSON below that', () => {
    expect(fieldsOf({ a: { b: { c: { d: { e: { password: 'x', f: true } } } } } })).toEqual({
      _a_b_c_d: '{"e":{"password":"[redacted]","f":true}}',
    })
  })

  test('of an object with more than 64 keys are written as JSON', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, index]))
    expect(Object.keys(fieldsOf({ many }))).toEqual(['_many'])
  })

  test('beyond the 200th field are counted, not written', () => {
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`k${index}`, index]))
    const fields = fieldsOf(many)
    expect(Object.keys(fields)).toHaveLength(201)
    expect(fields['_fields_dropped']).toBe(50)
  })

  test.each([
    ['values', 5, 1],
    ['values too deep to be flattened', 7, 1],
    ['nothing', 2, null],
  ])('of enormous objects full of %s cost no more than a line', (_what, levels, leaf) => {
    let reads = 0
    const wide = (depth: number): object =>
      new Proxy(
        {},
        {
          ownKeys: () => Array.from({ length: 60 }, (_, index) => `k${index}`),
          getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
          get(_target, key) {
            if (key !== 'toJSON') reads++
            return key === 'toJSON' ? undefined : depth < levels ? wide(depth + 1) : leaf
          },
        },
      )
    fieldsOf({ wide: wide(0) })
    expect(reads).toBeLessThan(10_000)
  })

  test('too long for a line are cut at a character, and the missing bytes counted', () => {
    const { log, lines, last } = capture()
    log.logger.info({ text: 'é'.repeat(20_000), other: 'x'.repeat(12_000) }, 'm')
    expect(checkGelfLine(lines[0] ?? '')).toEqual([])
    const missing = 52_000 - Buffer.byteLength(String(last()['_text'])) - String(last()['_other']).length
    expect(last()['_truncated']).toBe(missing)
    expect(last()['_text']).toMatch(/^é+$/)
  })
})

describe('field names', () => {
  test('are made of letters, digits, underscore and hyphen', () => {
    expect(fieldsOf({ 'http.status': 1, 'a b': 2, größe: 3, 'x-y_Z': 4, '': 5 })).toEqual({
      _http_status: 1,
      _a_b: 2,
      _gr__e: 3,
      '_x-y_Z': 4,
      _x_: 5,
    })
  })

  test('that Graylog or the log itself uses get an x_ before them', () => {
    expect(
      fieldsOf({
        id: 1,
        _id: 2,
        __id: 3,
        message: 'a',
        source: 'b',
        level: 4,
        host: 'c',
        full: { message: 'd' },
        gl2_x: 5,
        service: 'e',
        version: 'f',
        pid: 6,
      }),
    ).toEqual({
      _x_id: '1',
      _x__id: '2',
      _x___id: '3',
      _x_message: 'a',
      _x_source: 'b',
      _x_level: 4,
      _x_host: 'c',
      _x_full_message: 'd',
      _x_gl2_x: 5,
      _x_service: 'e',
      _x_version: 'f',
      _x_pid: 6,
    })
  })

  test('that come out alike are written once', () => {
    expect(fieldsOf({ 'a.b': 1, a_b: 2, a: { b: 3 } })).toEqual({ _a_b: 1 })
  })

  test('never reach a prototype', () => {
    expect(fieldsOf(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}'))).toEqual({
      _x___proto___polluted: 1,
      _constructor_prototype: 2,
    })
  })

  test('are written right when there are more of them than are kept', () => {
    const { log, lines, last } = capture({ fields: { same: 0 } })
    for (let index = 0; index < 5000; index++)
      log.logger.info({ [`key-${index}`]: 1, same: index, 'sa.me': 2 })
    expect(last()).toMatchObject({ '_key-4999': 1, _same: 4999, _sa_me: 2 })
    expect(lines.every((line) => checkGelfLine(line).length === 0)).toBe(true)
  })
})

describe('redaction', () => {
  test('leaves out values under the name of a secret at any depth', () => {
    const fields = fieldsOf({
      password: 'a',
      user: { apiKey: 'b', name: 'ada', card: { number: 1 } },
      list: [{ token: 'c' }],
      api: { key: 'd' },
      headers: { authorization: ['e'], 'set-cookie': 5, cookie: true },
      secret: '',
      token: null,
    })
    expect(fields).toEqual({
      _password: '[redacted]',
      _user_apiKey: '[redacted]',
      _user_name: 'ada',
      _user_card: '[redacted]',
      _list: '[{"token":"[redacted]"}]',
      _api_key: '[redacted]',
      _headers_authorization: '[redacted]',
      '_headers_set-cookie': '[redacted]',
      _headers_cookie: '[redacted]',
    })
  })

  test("takes paths in pino's notation", () => {
    const object = {
      user: { email: 'a@b', name: 'ada' },
      users: [{ email: 'c@d' }],
      top: 'x',
      other: { email: 'e@f' },
    }
    expect(fieldsOf(object, { redactPaths: ['user.email', 'users[*].email', 'top'] })).toEqual({
      _user_email: '[redacted]',
      _user_name: 'ada',
      _users: '[{"email":"[redacted]"}]',
      _top: '[redacted]',
      _other_email: 'e@f',
    })
    expect(fieldsOf(object, { redactPaths: ['*.email'] })).toMatchObject({
      _user_email: '[redacted]',
      _other_email: '[redacted]',
    })
  })

  test('masks known values in message, stack and fields', () => {
    const { log, lines } = capture({ maskedValues: ['hunter2-secret'] })
    log.logger.error(
      { err: new Error('postgres://u:hunter2-secret@db'), list: ['hunter2-secret'] },
      'with hunter2-secret',
    )
    log.maskValues(['another-secret'])
    log.logger.info({ a: 'another-secret' }, 'm')
    log.accessLine(
      'GET',
      '/',
    )({
      requestId: 'r',
      method: 'GET',
      route: '/',
      url: '/hunter2-secret',
      statusCode: 200,
      durationMs: 1,
      bytesIn: 0,
      bytesOut: 0,
      remoteIp: '::1',
      userAgent: undefined,
      aborted: false,
    })
    expect(lines.join('')).not.toMatch(/hunter2-secret|another-secret/)
    for (const line of lines) expect(checkGelfLine(line)).toEqual([])
  })

  test('masks a known value that would be cut in two by the limit of a value', () => {
    const key = 'private-key-'.repeat(100)
    const { log, lines } = capture({ maskedValues: [key] })
    log.logger.info({ text: `${'x'.repeat(15_000)}${key} and more` }, 'm')
    expect(lines[0]).not.toContain('private')
    expect(lines[0]).toContain('x[redacted] and more')
  })
})
