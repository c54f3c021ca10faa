import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from './nearest.ts'

describe('nearest', () => {
  it('finds what was most probably meant', () => {
    expect(nearest('db.prot', ['db.host', 'db.port', 'http.port'])).toBe('db.port')
    expect(nearest('Greting', ['greeting'])).toBe('greeting')
  })

  it('suggests nothing where nothing is near', () => {
    expect(nearest('timeout', ['db.host', 'workers'])).toBeUndefined()
    expect(nearest('a', ['bcd'])).toBeUndefined()
  })
})

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['port', 'prot', 1],
    ['ab', 'ba', 1],
    ['abc', 'abc', 0],
  ])('counts from %j to %j as %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})
