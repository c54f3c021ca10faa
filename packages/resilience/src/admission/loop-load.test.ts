import { describe, expect, it } from 'vitest'
import { LoopLoad } from './loop-load.ts'

describe('LoopLoad', () => {
  it.each([
    { busyMs: 95, count: 20, saturated: true, what: 'no rest, 5 ms a request' },
    { busyMs: 95, count: 0, saturated: true, what: 'no rest, nobody was started' },
    { busyMs: 85, count: 20, saturated: false, what: 'some rest' },
    { busyMs: 100, count: 1_000, saturated: false, what: 'no rest, 0.1 ms a request' },
  ])('is saturated: $saturated, by $what', ({ busyMs, count, saturated }) => {
    let busy = 0
    const load = new LoopLoad(() => busy)
    load.measure(1_000, 500)
    busy += busyMs
    load.measure(1_100, 500 + count)
    expect(load.isSaturated).toBe(saturated)
    load.measure(1_200, 500 + count)
    expect(load.isSaturated).toBe(false)
  })

  it('knows what a request costs while there is no rest, and forgets it after three intervals with some', () => {
    const { load, interval } = setup()
    expect(load.costMs).toBe(0)
    interval(100, 20)
    expect(load.costMs).toBe(0)
    interval(100, 20)
    expect(load.costMs).toBe(5)
    interval(95, 10)
    expect(load.costMs).toBeCloseTo(5 + 0.3 * 4.5)
    interval(80, 20)
    expect(load.costMs).toBeCloseTo(6.35 + 0.3 * (4 - 6.35))
    for (const count of [1, 1]) interval(69, count)
    expect(load.costMs).toBeGreaterThan(0)
    interval(69, 1)
    expect(load.costMs).toBe(0)
  })

  it('takes a process that stood still for no measure of it', () => {
    const { load, interval } = setup()
    interval(250, 15)
    expect(load.costMs).toBe(0)
    // What has waited meanwhile is worked off, and is what requests cost.
    interval(100, 100)
    expect(load.costMs).toBe(1)
    interval(100, 1)
    expect(load.costMs).toBeCloseTo(1 + 0.3 * 4)
    const other = setup()
    other.interval(1_000, 8)
    other.interval(1_000, 8)
    expect(other.load.costMs).toBe(20)
  })
})

/** With intervals that take as long as the loop is busy, 100 ms at least. */
function setup() {
  let busy = 0
  let now = 1_000
  let started = 500
  const load = new LoopLoad(() => busy)
  load.measure(now, started)
  return {
    load,
    interval: (busyMs: number, count: number) => {
      busy += busyMs
      now += Math.max(100, busyMs)
      started += count
      load.measure(now, started)
    },
  }
}
