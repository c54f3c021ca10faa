import { describe, expect, it } from 'vitest'
import { admissionOf, rateLimitOf } from './admission-keys.ts'

describe('admissionOf', () => {
  it('hands the keys on', () => {
    expect(admissionOf({ backlog: 250, maxConcurrent: 7 })).toEqual({ backlogMs: 250, maxConcurrent: 7 })
    expect(admissionOf({ backlog: 0, maxConcurrent: null })).toEqual({ backlogMs: 0 })
  })

  it.each([
    { backlog: 60_001, maxConcurrent: null },
    { backlog: 100, maxConcurrent: 0 },
    { backlog: 100, maxConcurrent: 1_000_001 },
  ])('calls %j a fault of the configuration', (settings) => {
    expect(() => admissionOf(settings)).toThrow(expect.objectContaining({ code: 'KEELSON_CONFIG_INVALID' }))
  })
})

describe('rateLimitOf', () => {
  it('hands the keys on, when there is a limit', () => {
    expect(rateLimitOf({ max: null, window: 60_000 })).toBeUndefined()
    expect(rateLimitOf({ max: 7, window: 1_000 })).toEqual({ maxRequests: 7, windowMs: 1_000 })
  })

  it.each([
    { max: 0, window: 60_000 },
    { max: 1_000_000_001, window: 60_000 },
    { max: 1, window: 99 },
    { max: 1, window: 86_400_001 },
  ])('calls %j a fault of the configuration', (settings) => {
    expect(() => rateLimitOf(settings)).toThrow(expect.objectContaining({ code: 'KEELSON_CONFIG_INVALID' }))
  })
})
