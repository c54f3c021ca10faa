import { describe, expect, it } from 'vitest'
import { backOffDefaults, createBackOff } from './back-off.ts'

describe('createBackOff', () => {
  it('waits for a change when the service was never ready', () => {
    expect(createBackOff().crashed(78, undefined)).toEqual({ kind: 'wait' })
  })

  it('doubles the wait with every crash, up to its bound in number', () => {
    const backOff = createBackOff()
    const answers = Array.from({ length: backOffDefaults.mostCrashes + 1 }, () => backOff.crashed(1, 10))
    expect(answers.map((one) => (one.kind === 'restart' ? one.delayMs : one.kind))).toEqual([
      1_000,
      2_000,
      4_000,
      8_000,
      16_000,
      'wait',
    ])
  })

  it('begins anew after a change, and after a long time without a crash', () => {
    const backOff = createBackOff()
    backOff.crashed(1, 10)
    backOff.reset()
    expect(backOff.crashed(1, 10)).toEqual({ kind: 'restart', delayMs: 1_000 })
    expect(backOff.crashed(1, backOffDefaults.recoveredMs)).toEqual({ kind: 'restart', delayMs: 1_000 })
  })

  it('starts a service again at once that wants it, but not in a loop', () => {
    const backOff = createBackOff()
    expect(backOff.crashed(75, 10)).toEqual({ kind: 'restart', delayMs: 0 })
    expect(backOff.crashed(75, 10)).toEqual({ kind: 'restart', delayMs: 2_000 })
  })
})
