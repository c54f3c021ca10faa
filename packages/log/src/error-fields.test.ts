import { runInNewContext } from 'node:vm'
import { KeelsonError } from '@keelson/core/errors'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'

function capture() {
  let line = ''
  const log = createLog({ service: 'demo', destination: { write: (text) => void (line = text) } })
  // Every value of interest here is a text.
  return { log, last: () => JSON.parse(line) as Record<string, string> }
}

function errorLine(thrown: unknown, message?: string): Record<string, string> {
  const { log, last } = capture()
  log.logger.error({ err: thrown }, message)
  return last()
}

function print(error: Error): string | undefined {
  return errorLine(error)['_error_fingerprint']
}

/** The fingerprint of an error from a line of src/store.ts of a service in a folder. */
function printOfFrame(root: string, line: number, name = 'load'): string | undefined {
  const error = new Error('x')
  error.stack = `Error: x
    at read (node:fs:1:2)
    at use (${root}/node_modules/lib/a.js:1:1)
    at ${name} (${root}/src/store.ts:${line}:5)`
  return print(error)
}

function failHere(message: string): Error {
  return new TypeError(message)
}

function failThere(message: string): Error {
  return new TypeError(message)
}

class PaymentError extends Error {
  readonly code = 'E_PAYMENT'
  readonly attempt = 3
  readonly password = 'hunter2'
}

describe('error fields', () => {
  test('name type, message and code, and show the stack', () => {
    const line = errorLine(new PaymentError('no funds'))
    expect(line).toMatchObject({
      short_message: 'no funds',
      _error_type: 'PaymentError',
      _error_message: 'no funds',
      _error_code: 'E_PAYMENT',
    })
    expect(line['full_message']).toMatch(/^Error: no funds\n {4}at /)
  })

  test('carry what the error carries, secrets left out', () => {
    expect(errorLine(new PaymentError('x'))).toMatchObject({
      _error_attempt: 3,
      _error_password: '[redacted]',
    })
    const error = new KeelsonError('KEELSON_TEST', 'no', { details: { path: 'a.b' } })
    expect(errorLine(error)).toMatchObject({
      _error_type: 'KeelsonError',
      _error_code: 'KEELSON_TEST',
      _error_details_path: 'a.b',
    })
  })

  test('are made of an error under the name error as well', () => {
    const { log, last } = capture()
    log.logger.warn({ error: new TypeError('no') }, 'm')
    expect(last()).toMatchObject({ short_message: 'm', _error_type: 'TypeError', _error_message: 'no' })
    expect(last()['full_message']).toContain('TypeError: no')
    const oldStyle: unknown = Object.assign(Object.create(Error.prototype), { message: 'old' })
    log.logger.warn({ error: oldStyle }, 'm')
    expect(last()).toMatchObject({ _error_type: 'Error', _error_message: 'old' })
    log.logger.warn({ error: 'a text' }, 'm')
    expect(last()).toMatchObject({ _error: 'a text' })
  })

  test('carry at most twenty further properties', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`own${index}`, index]))
    const names = Object.keys(errorLine(Object.assign(new Error('x'), many)))
    expect(names.filter((name) => name.startsWith('_error_own'))).toHaveLength(20)
  })

  test('leave out objects with a class, such as the sockets that clients hang on their errors', () => {
    const line = errorLine(
      Object.assign(new Error('x'), {
        socket: new (class Socket {
          bytes = 1
        })(),
        config: { url: '/a' },
      }),
    )
    expect(line['_error_socket_bytes']).toBeUndefined()
    expect(line['_error_config_url']).toBe('/a')
  })

  test('keep the message of the call', () => {
    expect(errorLine(new Error('inner'), 'outer')).toMatchObject({
      short_message: 'outer',
      _error_message: 'inner',
    })
  })

  test('use the type where there is no message', () => {
    expect(errorLine(new TypeError(''))).toMatchObject({
      short_message: 'TypeError',
      _error_type: 'TypeError',
    })
  })

  test('follow causes, up to five', () => {
    let error = new Error('cause 9')
    for (let index = 8; index >= 0; index--) error = new Error(`cause ${index}`, { cause: error })
    const full = errorLine(error)['full_message'] ?? ''
    expect(full.match(/Caused by: Error: cause/g)).toHaveLength(5)
    expect(full).toContain('Caused by: [more causes]')
  })

  test('survive an error that is its own cause', () => {
    const error = new Error('round')
    error.cause = error
    expect(errorLine(error)['full_message']).toMatch(/Caused by: \[circular\]$/)
  })

  test('show the members of an AggregateError, up to ten', () => {
    const members = Array.from({ length: 12 }, (_, index) => new Error(`member ${index}`))
    const full = errorLine(new AggregateError(members, 'all failed'))['full_message'] ?? ''
    expect(full.match(/\n\[\d+ of 12\] Error: member/g)).toHaveLength(10)
    expect(full).toContain('[2 more]')
  })

  test.each([
    ['a text', 'plain', { _error_type: 'string', _error_message: 'plain', full_message: 'string: plain' }],
    ['a number', 42, { _error_type: 'number', _error_message: '42' }],
    ['a symbol', Symbol('s'), { _error_type: 'symbol', _error_message: 'Symbol(s)' }],
    ['an object', { a: 1 }, { _error_type: 'Object', _error_message: '{"a":1}' }],
    [
      'an object that looks like an error',
      { type: 'Odd', message: 'no', stack: 'Odd: no\n at x', code: 7 },
      { _error_type: 'Odd', _error_message: 'no', _error_code: '7', full_message: 'Odd: no\n at x' },
    ],
  ])('describe %s that was thrown', (_kind, thrown, expected) => {
    expect(errorLine(thrown, 'failed')).toMatchObject(expected)
  })

  test('know an error of another realm', () => {
    const foreign: unknown = runInNewContext('new RangeError("far")')
    const expected = { short_message: 'far', _error_type: 'RangeError', _error_message: 'far' }
    expect(errorLine(foreign)).toMatchObject(expected)
    const { log, last } = capture()
    log.logger.error(foreign)
    expect(last()).toMatchObject(expected)
    expect(last()['_stack']).toBeUndefined()
  })

  test('survive an error whose properties throw', () => {
    const error = new Error('x')
    for (const key of ['message', 'stack', 'code', 'name', 'cause', 'own']) {
      Object.defineProperty(error, key, {
        enumerable: true,
        get() {
          throw new Error('no')
        },
      })
    }
    expect(errorLine(error, 'failed')).toMatchObject({ short_message: 'failed', _error_own: '[unreadable]' })
  })

  test('have one fingerprint for errors of one type from one place, and others for others', () => {
    expect(print(failHere('a'))).toMatch(/^[0-9a-f]{8}$/)
    expect(print(failHere('a'))).toBe(print(failHere('another text')))
    expect(print(failHere('a'))).not.toBe(print(failThere('a')))
    expect(print(failHere('a'))).not.toBe(print(Object.assign(failHere('a'), { code: 'E' })))
  })

  test('have a fingerprint that knows neither the folder of the service nor lines and libraries', () => {
    expect(printOfFrame('/app', 10)).toBe(printOfFrame('file:///home/me/app', 99))
    expect(printOfFrame('/app', 10)).not.toBe(printOfFrame('/app', 10, 'save'))
  })
})
