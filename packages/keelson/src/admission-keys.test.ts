import { describe, expect, it } from 'vitest'
import { admissionFaults, boundsOf, rateLimitOf } from './admission-keys.ts'

const good = { backlog: 100, maxConcurrent: null, rateLimit: { max: null, window: 60_000 } } as const

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

describe('admissionFaults', () => {
  it.each([
    good,
    { ...good, backlog: 0, maxConcurrent: 1 },
    { ...good, backlog: 60_000, maxConcurrent: 1_000_000 },
    { ...good, rateLimit: { max: 1, window: 100 } },
    { ...good, rateLimit: { max: 1_000_000_000, window: 86_400_000 } },
    { ...good, rateLimit: { max: null, window: 1 } },
  ])('finds none in %j', (settings) => {
    expect(admissionFaults(settings)).toEqual([])
  })

  it.each([
    { key: 'admission.backlog', settings: { ...good, backlog: 60_001 } },
    { key: 'admission.maxConcurrent', settings: { ...good, maxConcurrent: 0 } },
    { key: 'admission.maxConcurrent', settings: { ...good, maxConcurrent: 1_000_001 } },
    { key: 'admission.rateLimit.max', settings: { ...good, rateLimit: { max: 0, window: 60_000 } } },
    {
      key: 'admission.rateLimit.max',
      settings: { ...good, rateLimit: { max: 1_000_000_001, window: 60_000 } },
    },
    { key: 'admission.rateLimit.window', settings: { ...good, rateLimit: { max: 1, window: 99 } } },
    { key: 'admission.rateLimit.window', settings: { ...good, rateLimit: { max: 1, window: 86_400_001 } } },
  ])('finds fault with $key of $settings', ({ key, settings }) => {
    expect(admissionFaults(settings)).toEqual([
      { key, problem: expect.stringMatching(/^takes a (?:whole number|duration) /) },
    ])
  })
})
