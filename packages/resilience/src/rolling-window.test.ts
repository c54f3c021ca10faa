import { describe, expect, it } from 'vitest'
import { RollingWindow } from './rolling-window.ts'

describe('RollingWindow', () => {
  it('counts calls and failures of the whole window', () => {
    const window = new RollingWindow(10_000)
    for (let second = 0; second < 10; second++) window.record(second * 1_000, second % 2 === 0)
    expect(window.counts(9_999)).toEqual({ callCount: 10, failureCount: 5 })
  })

  it('forgets calls one bucket at a time as they grow older than the window', () => {
    const window = new RollingWindow(10_000)
    window.record(500, true)
    window.record(1_500, false)
    window.record(1_600, true)
    expect(window.counts(10_000)).toEqual({ callCount: 2, failureCount: 1 })
    expect(window.counts(11_000)).toEqual({ callCount: 0, failureCount: 0 })
  })

  it('is empty after a pause longer than itself', () => {
    const window = new RollingWindow(1_000)
    window.record(0, true)
    window.record(50_000, false)
    expect(window.counts(50_000)).toEqual({ callCount: 1, failureCount: 0 })
  })

  it('starts anew after reset', () => {
    const window = new RollingWindow(1_000)
    window.record(10, true)
    window.reset()
    window.record(20, true)
    expect(window.counts(20)).toEqual({ callCount: 1, failureCount: 1 })
  })
})
