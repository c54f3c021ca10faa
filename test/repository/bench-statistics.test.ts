import { describe, expect, it } from 'vitest'
import { median, quantile, ratioSpread, spreadOf } from '../../bench/src/statistics.ts'

describe('quantile', () => {
  it('interpolates between neighbours as R and NumPy do', () => {
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75)
    expect(quantile([4, 1, 3, 2], 0.75)).toBe(3.25)
  })

  it('gives the least and the greatest value at its ends', () => {
    expect(quantile([7, -2, 5], 0)).toBe(-2)
    expect(quantile([7, -2, 5], 1)).toBe(7)
  })

  it('refuses to invent a value where there is none', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })

  it('leaves the order of its input alone', () => {
    const values = [3, 1, 2]
    quantile(values, 0.5)
    expect(values).toEqual([3, 1, 2])
  })
})

describe('median', () => {
  it.each([
    [[5], 5],
    [[1, 9], 5],
    [[10, 1, 2], 2],
  ])('is the middle of %j', (values, middle) => {
    expect(median(values)).toBe(middle)
  })
})

describe('spreadOf', () => {
  it('is not moved by one wild value, but shows it', () => {
    expect(spreadOf([1, 2, 3, 4, 1000])).toEqual({ median: 3, lower: 2, upper: 4, min: 1, max: 1000 })
  })
})

describe('ratioSpread', () => {
  it('divides within each round, so that a round in which everything was slow counts like any other', () => {
    expect(ratioSpread([50, 5, 500], [100, 10, 1000])).toMatchObject({ median: 0.5, min: 0.5, max: 0.5 })
  })

  it('refuses rounds that do not belong together', () => {
    expect(() => ratioSpread([1, 2], [1])).toThrow(RangeError)
  })
})
