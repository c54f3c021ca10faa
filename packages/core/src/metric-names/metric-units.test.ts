import { describe, expect, it } from 'vitest'
import { abbreviatedUnits, baseUnitOf, hasNamePart } from './metric-units.ts'

describe('baseUnitOf', () => {
  it.each([
    ['seconds', 'seconds'],
    ['milliseconds', 'seconds'],
    ['hours', 'seconds'],
    ['kilobytes', 'bytes'],
    ['metres', 'metres'],
    ['kilometers', 'meters'],
    ['requests', undefined],
    ['milli', undefined],
    ['constructor', undefined],
  ])('gives for %s %s', (word, base) => {
    expect(baseUnitOf(word)).toBe(base)
  })
})

describe('hasNamePart', () => {
  it('looks between underscores and at the end, not at the start', () => {
    expect(hasNamePart('a_ms_b', 'ms')).toBe(true)
    expect(hasNamePart('a_MS', 'ms')).toBe(true)
    expect(hasNamePart('ms_a', 'ms')).toBe(false)
    expect(hasNamePart('a_items', 'ms')).toBe(false)
    expect(abbreviatedUnits.filter((unit) => hasNamePart('wait_ms', unit))).toEqual(['ms'])
  })
})
