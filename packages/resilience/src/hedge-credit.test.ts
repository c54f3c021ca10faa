import { describe, expect, it } from 'vitest'
import { HedgeCredit } from './hedge-credit.ts'

/** Second attempts until the credit is used up, every `oneIn`-th of which is the faster one; at most 10,000. */
function lasting(credit: HedgeCredit, oneIn: number): number {
  for (let count = 1; count <= 10_000; count++) {
    if (count % oneIn === 0) credit.gain()
    else if (credit.spend()) return count
  }
  return 10_000
}

describe('HedgeCredit', () => {
  it('is used up by 16 second attempts for nothing, then by 4', () => {
    const credit = new HedgeCredit()
    expect([lasting(credit, Infinity), lasting(credit, Infinity), lasting(credit, Infinity)]).toEqual([
      16, 4, 4,
    ])
  })

  it('is used up soon where one in twenty is the faster one', () => {
    expect(lasting(new HedgeCredit(), 20)).toBeLessThan(20)
  })

  it('lasts where one in five is', () => {
    expect(lasting(new HedgeCredit(), 5)).toBe(10_000)
  })

  it('does not save up more than it began with', () => {
    const credit = new HedgeCredit()
    for (let count = 0; count < 1_000; count++) credit.gain()
    expect(lasting(credit, Infinity)).toBe(16)
  })
})
