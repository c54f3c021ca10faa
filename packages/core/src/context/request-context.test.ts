import { describe, expect, it } from 'vitest'
import { currentContext, runWithContext } from './request-context.ts'

describe('runWithContext', () => {
  it('is found across awaits and timers, and nowhere else', async () => {
    const seen = await Promise.all(
      ['a', 'b'].map((requestId) =>
        runWithContext({ requestId }, async () => {
          await new Promise((resolve) => setImmediate(resolve))
          await Promise.resolve()
          return currentContext()?.requestId
        }),
      ),
    )
    expect(seen).toEqual(['a', 'b'])
    expect(currentContext()).toBeUndefined()
  })

  it('hands the log of a context to those within it that have none, but to no frozen one', () => {
    const [log, other] = [{}, {}]
    runWithContext({ requestId: 'a', log }, () => {
      expect(runWithContext({ requestId: 'b' }, () => currentContext()?.log)).toBe(log)
      expect(runWithContext({ requestId: 'b', log: other }, () => currentContext()?.log)).toBe(other)
      const frozen = Object.freeze({ requestId: 'b' })
      expect(runWithContext(frozen, () => currentContext())).toBe(frozen)
    })
    expect(runWithContext({ requestId: 'a' }, () => currentContext()?.log)).toBeUndefined()
  })

  it('gives back what the function returns, and lets its errors through', () => {
    expect(runWithContext({ requestId: 'a' }, () => 7)).toBe(7)
    expect(() =>
      runWithContext({ requestId: 'a' }, () => {
        throw new RangeError('x')
      }),
    ).toThrow(RangeError)
  })
})
