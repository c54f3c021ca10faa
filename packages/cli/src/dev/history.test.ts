import { describe, expect, it } from 'vitest'
import { createHistory } from './history.ts'

describe('createHistory', () => {
  it('forgets the oldest values', () => {
    const history = createHistory<number>(3)
    for (const value of [1, 2, 3, 4, 5]) history.add(value)
    expect(history.values).toEqual([3, 4, 5])
  })
})
