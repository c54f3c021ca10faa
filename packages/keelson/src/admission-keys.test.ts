import { describe, expect, it } from 'vitest'
import { boundsOf, rateLimitOf } from './admission-keys.ts'

describe('boundsOf', () => {
  it('hands the keys on', () => {
    expect(boundsOf({ backlog: 250, maxConcurrent: 7 })).toEqual({ backlogMs: 250, maxConcurrent: 7 })
    expect(boundsOf({ backlog: 0, maxConcurrent: null })).toEqual({ backlogMs: 0 })
  })
})

describe('rateLimitOf', () => {
  it('hands the keys on, when there is a limit', () => {
    expect(rateLimitOf({ max: null, window: 60_000 })).toBeUndefined()
    expect(rateLimitOf({ max: 7, window: 1_000 })).toEqual({ maxRequests: 7, windowMs: 1_000 })
  })
})
