import { describe, expect, it } from 'vitest'
import { RecentDurations } from './recent-durations.ts'

describe('RecentDurations', () => {
  it('knows a quantile of the last 1,024 durations', () => {
    const durations = new RecentDurations(0.95)
    for (let index = 0; index < 2_048; index++) durations.add(10_000)
    for (let index = 1; index <= 1_024; index++) durations.add(index)
    expect(durations.value).toBe(973)
  })

  it('stays out of a tail that is smaller than what it leaves out', () => {
    const random = seededRandom(7)
    const durations = new RecentDurations(0.95)
    for (let index = 0; index < 1_024; index++) durations.add(random() < 0.04 ? 300 : 10)
    let count = 0
    for (let index = 0; index < 20_000; index++) {
      durations.add(random() < 0.04 ? 300 : 10)
      if (durations.value === 300) count += 1
    }
    // Of the last 128 it would have been a quarter.
    expect(count / 20_000).toBeLessThan(0.1)
  })

  it('follows when everything takes longer', () => {
    const durations = new RecentDurations(0.95)
    for (let index = 0; index < 1_024; index++) durations.add(10)
    for (let index = 0; index < 128; index++) durations.add(50)
    expect(durations.value).toBe(50)
  })

  it('says nothing before it knows 32', () => {
    const durations = new RecentDurations(0.95)
    for (let index = 0; index < 31; index++) durations.add(10)
    expect(durations.value).toBeUndefined()
    durations.add(10)
    expect(durations.value).toBe(10)
  })
})

/** The same numbers from 0 to 1 each time (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
