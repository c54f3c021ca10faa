import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { retryBudget } from './retry-budget.ts'

describe('retryBudget', () => {
  it('allows one retry in ten calls once its store is used up', () => {
    const clock = createFakeClock()
    const budget = retryBudget({ clock })
    let retries = 0
    for (let call = 0; call < 1_000; call++) {
      budget.deposit()
      if (budget.withdraw()) retries += 1
    }
    expect(retries).toBeGreaterThanOrEqual(108)
    expect(retries).toBeLessThanOrEqual(111)
  })

  it('earns one retry per second without any call, up to its store', async () => {
    const clock = createFakeClock()
    const budget = retryBudget({ clock })
    while (budget.withdraw()) void 0
    await clock.advance(3_000)
    expect(budget.tokens).toBeCloseTo(3)
    await clock.advance(3_600_000)
    expect(budget.tokens).toBe(10)
  })

  it('takes nothing when there is less than a whole retry left', () => {
    const budget = retryBudget({ clock: createFakeClock(), maxTokens: 1 })
    expect(budget.withdraw()).toBe(true)
    budget.deposit()
    expect(budget.withdraw()).toBe(false)
    expect(budget.tokens).toBeCloseTo(0.1)
  })

  it('refuses a share above 1', () => {
    expect(() => retryBudget({ depositRatio: 10 })).toThrow(
      expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }) as Error,
    )
  })
})
