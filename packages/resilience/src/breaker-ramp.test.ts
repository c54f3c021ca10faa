import { describe, expect, it } from 'vitest'
import { BreakerRamp } from './breaker-ramp.ts'

/** How many of some calls at one moment pass. */
function passing(ramp: BreakerRamp, nowMs: number, callCount: number): number {
  let count = 0
  for (let call = 0; call < callCount; call++) count += Number(ramp.admits(nowMs))
  return count
}

function begun(): BreakerRamp {
  const ramp = new BreakerRamp()
  ramp.begin(5_000, 900)
  return ramp
}

describe('BreakerRamp', () => {
  it('lets the very first call through', () => {
    expect(begun().admits(5_000)).toBe(true)
  })

  it.each([
    [5_000, 0.1],
    [5_299, 0.1],
    [5_300, 0.3],
    [5_599, 0.3],
    [5_600, 0.6],
    [5_899, 0.6],
    [5_900, 1],
    [9_000, 1],
  ])('lets at %d ms the share of %d through, to the call', (nowMs, ratio) => {
    const ramp = begun()
    expect(ramp.ratio(nowMs)).toBe(ratio)
    ramp.admits(nowMs) // the first passes whatever the share
    expect(passing(ramp, nowMs, 1_000)).toBe(1_000 * ratio)
  })

  it('refuses nobody who calls no more than ten times a second', () => {
    const ramp = begun()
    for (let nowMs = 5_000; nowMs <= 6_000; nowMs += 100) expect(ramp.admits(nowMs), `${nowMs}`).toBe(true)
  })

  it('never keeps a caller waiting for longer than 100 ms, whatever the share', () => {
    const ramp = new BreakerRamp()
    ramp.begin(0, 600_000)
    const passedAt: number[] = []
    for (let nowMs = 0; nowMs < 2_000; nowMs += 25) if (ramp.admits(nowMs)) passedAt.push(nowMs)
    expect(passedAt).toEqual(Array.from({ length: 20 }, (_, index) => 100 * index))
  })

  it('saves nothing up while nobody calls', () => {
    const ramp = begun()
    expect(passing(ramp, 5_000, 9)).toBe(1)
    expect(passing(ramp, 5_290, 9), 'one after the pause, and none for the time that went by').toBe(1)
  })

  it('takes another length while it runs, and ends at once with none', () => {
    const ramp = begun()
    expect(ramp.remainingMs(5_450)).toBe(450)
    ramp.stretch(1_800)
    expect([ramp.ratio(5_450), ramp.remainingMs(5_450)]).toEqual([0.1, 1_350])
    ramp.stretch(0)
    expect([ramp.ratio(5_450), ramp.remainingMs(5_450)]).toEqual([1, 0])
    expect(passing(ramp, 5_450, 100)).toBe(100)
  })

  it('begins anew after an end', () => {
    const ramp = begun()
    passing(ramp, 5_899, 50)
    ramp.begin(5_900, 900)
    expect(ramp.ratio(5_900)).toBe(0.1)
    expect(passing(ramp, 5_900, 10)).toBe(1)
  })
})
