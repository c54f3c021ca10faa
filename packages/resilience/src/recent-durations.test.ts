import { describe, expect, it } from 'vitest'
import { RecentDurations } from './recent-durations.ts'

describe('RecentDurations', () => {
  it('knows a quantile of the last 128 durations', () => {
    const durations = new RecentDurations(0.95)
    for (let index = 0; index < 256; index++) durations.add(1_000)
    for (let index = 1; index <= 128; index++) durations.add(index)
    expect(durations.value).toBe(122)
  })

  it('says nothing before it knows 32', () => {
    const durations = new RecentDurations(0.95)
    for (let index = 0; index < 31; index++) durations.add(10)
    expect(durations.value).toBeUndefined()
    durations.add(10)
    expect(durations.value).toBe(10)
  })
})
