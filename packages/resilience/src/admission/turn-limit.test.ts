import { describe, expect, it } from 'vitest'
import { TurnLimit } from './turn-limit.ts'

describe('TurnLimit', () => {
  it('has no limit while some turn of every interval is short', () => {
    const turns = new TurnLimit()
    turns.adapt(20, 500)
    expect(turns.allows(1_000_000)).toBe(true)
  })

  it('cuts in proportion to the shortest turn, never below four', () => {
    const turns = new TurnLimit()
    turns.adapt(100, 50)
    expect(turns.limit).toBe(10)
    turns.adapt(100, 9)
    expect(turns.limit).toBe(4)
  })

  it('grows while it is reached and turns are short, and is lifted when it is not', () => {
    const turns = new TurnLimit()
    turns.adapt(100, 50)
    expect(turns.allows(9)).toBe(true)
    expect(turns.allows(10)).toBe(false)
    turns.adapt(2, 10)
    expect(turns.limit).toBe(12)
    for (let interval = 0; interval < 9; interval++) turns.adapt(2, 3)
    expect(turns.limit).toBe(12)
    turns.adapt(2, 3)
    expect(turns.limit).toBe(Number.POSITIVE_INFINITY)
  })
})
