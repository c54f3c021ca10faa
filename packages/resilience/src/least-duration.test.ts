import { describe, expect, it } from 'vitest'
import { LeastDuration } from './least-duration.ts'

describe('LeastDuration', () => {
  it('is the shortest duration of the last seconds, and 0 when nothing is known', () => {
    const least = new LeastDuration()
    expect(least.valueMs(0)).toBe(0)
    least.record(0, 30)
    least.record(10, 20)
    least.record(20, 40)
    expect(least.valueMs(30)).toBe(20)
  })

  it('forgets a duration after 5 to 10 s', () => {
    const least = new LeastDuration()
    least.record(4_000, 20)
    least.record(6_000, 50)
    expect(least.valueMs(9_999)).toBe(20)
    expect(least.valueMs(10_000)).toBe(50)
    expect(least.valueMs(15_000)).toBe(0)
  })

  it('forgets everything over a pause', () => {
    const least = new LeastDuration()
    least.record(0, 20)
    expect(least.valueMs(10_000)).toBe(0)
  })
})
