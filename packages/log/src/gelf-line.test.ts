import { checkGelfLine, createFakeClock } from '@keelson/testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import type { LogOptions } from './log-options.ts'
import type { Logger } from './pino-adapter.ts'

// KEELSON_PROPERTY_RUNS multiplies them: 20 for a hundred thousand objects.
const propertyRuns = 5000 * Number(process.env['KEELSON_PROPERTY_RUNS'] ?? 1)

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

describe('a line', () => {
  test('is one GELF object with what identifies the service', () => {
    const { log, lines } = capture({ version: '1.2.3', env: 'test', pod: 'demo-7', node: 'n1' })
    log.logger.info({ video: 'a' }, 'served')
    expect(lines).toEqual([
      `{"version":"1.1","host":"pod-1","_service":"demo","_version":"1.2.3","_env":"test","_pod":"demo-7","_node":"n1","_pid":${process.pid},"level":6,"timestamp":1767225600.000,"short_message":"served","_video":"a"}\n`,
    ])
    expect(checkGelfLine(lines[0] ?? '')).toEqual([])
  })

  test.each([
    ['trace', 7],
    ['debug', 7],
    ['info', 6],
    ['warn', 4],
    ['error', 3],
    ['fatal', 2],
  ] as const)('written by %s has syslog level %d', (name, level) => {
    const { log, last } = capture()
    log.logger[name]('m')
    expect(last()['level']).toBe(level)
    expect(last()['_level_name']).toBe(name === 'trace' ? 'trace' : undefined)
  })

  test('of the collector format has neither version nor underscores', () => {
    const { log, lines } = capture({ format: 'gelf-collector', version: '2' })
    log.forContext({ requestId: 'r-1', traceId: 't', spanId: 's' }).info({ user: 'ada', version: 3 }, 'm')
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      host: 'pod-1',
      service: 'demo',
      version: '2',
      pid: process.pid,
      level: 6,
      timestamp: 1_767_225_600,
      short_message: 'm',
      user: 'ada',
      x_version: 3,
      request_id: 'r-1',
      trace_id: 't',
      span_id: 's',
    })
  })
})

describe('the message', () => {
  test.each([
    ['a blank one', ['  '], '-'],
    ['none at all', [{ a: 1 }], '-'],
    ['a number', [42], '42'],
    ['null', [null], '-'],
    ['a symbol', [Symbol('s')], 'Symbol(s)'],
    ['format arguments', ['%s has %d of %j', 'a', 2, { b: 3 }], 'a has 2 of {"b":3}'],
    ['msg of the object', [{ msg: 'within' }], 'within'],
    ['an error without a message', [new TypeError('')], 'TypeError'],
    ['an error with a blank message', [new Error(' ')], '-'],
  ])('of %s', (_case, args, expected) => {
    const { log, lines, last } = capture()
    Reflect.apply(log.logger.info, log.logger, args)
    expect(last()['short_message']).toBe(expected)
    expect(checkGelfLine(lines[0] ?? '')).toEqual([])
  })

  test('of the call wins over msg of the object, which becomes a field', () => {
    const { log, last } = capture()
    log.logger.info({ msg: 'within' }, 'm')
    expect(last()).toMatchObject({ short_message: 'm', _msg: 'within' })
  })

  test('over 8 KiB is cut and shown whole in full_message', () => {
    const { log, last } = capture()
    const message = 'long '.repeat(2000)
    log.logger.info(message)
    expect(last()['short_message']).toBe(message.slice(0, 1024))
    expect(last()['full_message']).toBe(message)
  })
})

describe('a log call', () => {
  const key = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'a',
      'b',
      'a.b',
      '_id',
      'id',
      'err',
      'msg',
      'request_id',
      '__proto__',
      'toJSON',
      'password',
    ),
  )
  const anything = fc.anything({
    key,
    maxDepth: 5,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  })
  const text = fc.string({ unit: 'binary', maxLength: 50 })

  test('writes one valid line for any object, and never throws', {
    timeout: 5000 + propertyRuns * 10,
  }, () => {
    const { log, lines } = capture({
      maskedValues: ['a secret of some length'],
      fields: { a: 'base', team: 'x' },
    })
    const child = log.logger.child({ a: 'child', 'a.b': 1, request_id: 'own' })
    const targets: Logger[] = [log.logger, child, log.forContext({ requestId: 'r"\n1', traceId: 't' }, child)]
    fc.assert(
      fc.property(
        fc.oneof(fc.dictionary(key, anything), anything),
        text,
        fc.nat(2),
        (value, message, index) => {
          Reflect.apply(targets[index]?.info ?? fail, targets[index], [value, message])
          expect(lines).toHaveLength(1)
          const line = lines.pop() ?? ''
          expect(line.indexOf('\n')).toBe(line.length - 1)
          expect(checkGelfLine(line)).toEqual([])
        },
      ),
      { numRuns: propertyRuns },
    )
  })

  test('writes a valid line for texts of any size', () => {
    const { log, lines } = capture()
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), fc.nat(3000), (parts, repeat) => {
        const long = parts.join('').repeat(Math.ceil(repeat / 10))
        log.logger.info({ long, parts, err: new Error(long) }, long)
        expect(checkGelfLine(lines.at(-1) ?? '')).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test('that logs while its arguments are read writes both lines whole', () => {
    const { log, lines } = capture()
    log.logger.info(
      {
        'a.': 1,
        get b() {
          log.logger.info({ a_: 2 }, 'inner')
          return 3
        },
        a_: 4,
      },
      'outer',
    )
    expect(lines.map((line) => checkGelfLine(line))).toEqual([[], []])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ short_message: 'inner', _a_: 2 })
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ short_message: 'outer', _a_: 1, _b: 3 })
  })
})

function fail(): never {
  throw new Error('no such logger')
}
