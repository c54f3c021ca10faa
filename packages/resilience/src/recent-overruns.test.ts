import { describe, expect, it } from 'vitest'
import { RecentOverruns } from './recent-overruns.ts'

/** First attempts in a row longer than the wait until they are too many; 65 when they never are. */
function tooManyAfter(overruns: RecentOverruns): number {
  for (let count = 1; count <= 64; count++) {
    overruns.add(true)
    if (overruns.areTooMany) return count
  }
  return 65
}

describe('RecentOverruns', () => {
  it.each([
    [0.95, 13],
    [0.9, 26],
    [0.5, 49],
    // A share of 0.1 % would leave less than one.
    [0.999, 9],
  ])('of 64 at a quantile of %d are too many from %d on', (quantile, count) => {
    expect(tooManyAfter(new RecentOverruns(quantile))).toBe(count)
  })

  it('forgives after 64 others', () => {
    const overruns = new RecentOverruns(0.95)
    tooManyAfter(overruns)
    for (let count = 0; count < 51; count++) overruns.add(false)
    expect(overruns.areTooMany).toBe(true)
    overruns.add(false)
    expect(overruns.areTooMany).toBe(false)
  })

  it('takes a tail of one in twenty for what it is', () => {
    const overruns = new RecentOverruns(0.95)
    for (let count = 0; count < 1_000; count++) {
      overruns.add(count % 20 === 0)
      expect(overruns.areTooMany).toBe(false)
    }
  })
})
