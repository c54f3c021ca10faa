import { describe, expect, it } from 'vitest'
import { appendQuery } from './query.ts'

describe('appendQuery', () => {
  it('encodes names and values, repeats lists and leaves undefined out', () => {
    const query = { 'a b': 'x&y=z', page: 2, tag: ['new', 'ä'], draft: false, sort: undefined }
    expect(appendQuery('/videos', query)).toBe('/videos?a+b=x%26y%3Dz&page=2&tag=new&tag=%C3%A4&draft=false')
  })

  it('goes on where the path has a query already', () => {
    expect(appendQuery('/videos?sort=name', { page: 2 })).toBe('/videos?sort=name&page=2')
  })

  it('leaves the path as it is when there is nothing to add', () => {
    expect(appendQuery('/videos', {})).toBe('/videos')
    expect(appendQuery('/videos', { sort: undefined })).toBe('/videos')
  })
})
