import { describe, expect, it } from 'vitest'
import { isKeelsonError, KeelsonError } from './keelson-error.ts'

describe('KeelsonError', () => {
  it('carries code, cause, status, details and whether to retry', () => {
    const cause = new Error('socket hang up')
    const error = new KeelsonError('KEELSON_TEST_PROBLEM', 'It failed.', {
      cause,
      retryable: true,
      statusCode: 503,
      details: { key: 'a' },
    })
    expect(error).toMatchObject({
      code: 'KEELSON_TEST_PROBLEM',
      retryable: true,
      statusCode: 503,
      details: { key: 'a' },
    })
    expect(error.cause).toBe(cause)
    expect(error).toBeInstanceOf(Error)
  })

  it('is not retryable unless told', () => {
    expect(new KeelsonError('KEELSON_TEST_PROBLEM', 'It failed.').retryable).toBe(false)
  })
})

describe('isKeelsonError', () => {
  it('knows errors of another copy of the package by their brand', () => {
    const foreign = Object.assign(new Error('x'), {
      code: 'KEELSON_A_B',
      [Symbol.for('keelson.error')]: true,
    })
    expect(isKeelsonError(foreign)).toBe(true)
    expect(isKeelsonError(foreign, 'KEELSON_A_B')).toBe(true)
    expect(isKeelsonError(foreign, 'KEELSON_A_C')).toBe(false)
  })

  it.each([undefined, null, 'KEELSON_A_B', 7, new Error('x'), { code: 'KEELSON_A_B' }])(
    'refuses %s',
    (value) => {
      expect(isKeelsonError(value)).toBe(false)
    },
  )
})
