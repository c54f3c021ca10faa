import { describe, expect, it } from 'vitest'
import { StartPace } from './start-pace.ts'

describe('StartPace', () => {
  it('lets everybody start while the event loop has time left', () => {
    const pace = new StartPace({ costMs: () => 0, boundMs: () => 100 })
    for (let start = 0; start < 1_000; start++) pace.charge()
    expect(pace.waitMs(1_000)).toBe(0)
  })

  it('starts work of half the bound at once, and then as much as the loop can do', () => {
    const pace = new StartPace({ costMs: () => 5, boundMs: () => 100 })
    expect(startAll(pace, 1_000)).toBe(12)
    expect(pace.waitMs(1_000)).toBeCloseTo(1)
    let count = 0
    for (let nowMs = 1_001; nowMs <= 1_900; nowMs++) count += startAll(pace, nowMs)
    // One in 0.85 times what it costs.
    expect(count).toBe(212)
  })

  it('saves up no more than that, however long nobody came', () => {
    const pace = new StartPace({ costMs: () => 5, boundMs: () => 100 })
    startAll(pace, 1_000)
    expect(startAll(pace, 60_000)).toBe(12)
  })

  it('starts one that costs more than half the bound', () => {
    const pace = new StartPace({ costMs: () => 300, boundMs: () => 100 })
    expect(startAll(pace, 1_000)).toBe(2)
    expect(pace.waitMs(1_000)).toBeCloseTo(210)
  })

  it('holds nobody back without a bound, nor afterwards for what was started then', () => {
    let boundMs = Number.POSITIVE_INFINITY
    const pace = new StartPace({ costMs: () => 5, boundMs: () => boundMs })
    for (let start = 0; start < 1_000; start++) {
      pace.charge()
      expect(pace.waitMs(1_000)).toBe(0)
    }
    boundMs = 100
    expect(pace.waitMs(1_000)).toBeLessThanOrEqual(5)
  })
})

/** Starts as many as may start at a moment. */
function startAll(pace: StartPace, nowMs: number): number {
  let count = 0
  while (pace.waitMs(nowMs) === 0) {
    pace.charge()
    count += 1
  }
  return count
}
