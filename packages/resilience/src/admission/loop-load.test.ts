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
})
