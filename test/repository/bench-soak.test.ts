import { describe, expect, it } from 'vitest'
import { readSoakOptions } from '../../bench/src/soak/command.ts'
import { fitLine } from '../../bench/src/soak/line.ts'

describe('fitLine', () => {
  it('finds the slope of a line, without an error where every point lies on it', () => {
    const points = [0, 1, 2, 5].map((x) => ({ x, y: 3 - 0.5 * x }))
    const { slope, slopeError } = fitLine(points)
    expect(slope).toBeCloseTo(-0.5, 10)
    expect(slopeError).toBeCloseTo(0, 10)
  })

  it('gives the error that R gives: twice the standard error of the slope', () => {
    // summary(lm(y ~ x)) for x = 1:5, y = c(2, 1, 4, 3, 5): slope 0.8, standard error 0.3464
    const points = [2, 1, 4, 3, 5].map((y, index) => ({ x: index + 1, y }))
    const { slope, slopeError } = fitLine(points)
    expect(slope).toBeCloseTo(0.8, 10)
    expect(slopeError).toBeCloseTo(2 * 0.3464, 3)
  })

  it('refuses two points', () => {
    expect(() =>
      fitLine([
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ]),
    ).toThrow(RangeError)
  })
})

describe('readSoakOptions', () => {
  it('lasts 30 minutes, of which 20 count, when nothing is asked for', () => {
    expect(readSoakOptions([])).toEqual({ minutes: 30, warmUpMinutes: 10, clients: 16 })
  })

  it.each([
    ['a warm-up that leaves too little', ['--minutes', '12'], '--warm-up'],
    ['a number that is none', ['--clients', 'many'], '--clients'],
  ])('refuses %s', (_, args, word) => {
    expect(() => readSoakOptions(args)).toThrow(word)
  })
})
