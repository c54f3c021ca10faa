import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandPath } from './path-template.ts'

const invalid = expect.objectContaining({ code: 'KEELSON_CLIENT_REQUEST_INVALID' }) as Error

describe('expandPath', () => {
  it('fills in every parameter, percent-encoded', () => {
    expect(expandPath('/videos/{id}/parts/{part}', { id: 'a b/ä?#', part: 7 })).toBe(
      '/videos/a%20b%2F%C3%A4%3F%23/parts/7',
    )
  })

  it('leaves a path without parameters as it is', () => {
    expect(expandPath('/videos?sort=name')).toBe('/videos?sort=name')
  })

  it.each(['', '.', '..'])('refuses %o as a value', (id) => {
    expect(() => expandPath('/videos/{id}', { id })).toThrow(invalid)
  })

  it('refuses a missing value, and one that only a prototype has', () => {
    expect(() => expandPath('/videos/{id}')).toThrow(invalid)
    expect(() => expandPath('/videos/{toString}', {})).toThrow(invalid)
  })

  it('refuses half of a surrogate pair and a path without a slash', () => {
    expect(() => expandPath('/videos/{id}', { id: '\ud800' })).toThrow(invalid)
    expect(() => expandPath('videos')).toThrow(invalid)
  })

  it('never lets a value leave its segment', () => {
    assert(
      property(string({ unit: 'binary' }), (id) => {
        let path: string
        try {
          path = expandPath('/videos/{id}/parts', { id })
        } catch {
          return // refused; the tests above say which
        }
        const { pathname, search, hash } = new URL(path, 'http://catalog')
        expect(pathname.split('/')).toHaveLength(4)
        expect(decodeURIComponent(pathname.split('/')[2] ?? '')).toBe(id)
        expect(search + hash).toBe('')
      }),
    )
  })
})
