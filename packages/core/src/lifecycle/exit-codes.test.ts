import { describe, expect, it } from 'vitest'
import { KeelsonError } from '../errors/index.ts'
import { exitCodeOf } from './exit-codes.ts'

describe('exitCodeOf', () => {
  it.each([
    ['KEELSON_CONFIG_INVALID', 78],
    ['KEELSON_CONFIG_SOURCE_UNAVAILABLE', 78],
    ['KEELSON_HTTP_ADDRESS_IN_USE', 69],
    ['KEELSON_RESILIENCE_TIMEOUT', 1],
  ])('maps %s to %i', (code, expected) => {
    expect(exitCodeOf(new KeelsonError(code, 'x'))).toBe(expected)
  })

  it.each([new Error('x'), 'x', undefined])('maps %s to 1', (error) => {
    expect(exitCodeOf(error)).toBe(1)
  })
})
