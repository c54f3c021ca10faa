import { describe, expect, it } from 'vitest'
import { admissionOf } from './admission-keys.ts'

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
