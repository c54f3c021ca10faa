import { describe, expect, it } from 'vitest'
import { queue, saturated } from '../../test/admission-trial.ts'

describe('Admission where the event loop has no time left', () => {
  it('starts no more than the event loop can do, where handlers compute later', async () => {
    const { test, spend } = await saturated()
    const { admission, route, arrive } = test
    let count = 0
    for (; count < 100 && test.ask() === undefined; count++) admission.begin(route)
    // Half of the bound of 100 ms, and one.
    expect(count).toBe(12)
    const told: string[] = []
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(test.ask()).toBe('later')
      const start = () => {
        admission.begin(route)
        told.push(name)
      }
      admission.queue(arrive(), route, { isGone: () => false, start, refuse: () => {} })
      test.turn()
    }
    expect(told).toEqual([])
    expect(test.deferred, 'turns that only wait').toHaveLength(0)
    await spend(4)
    test.turn()
    expect(told).toEqual(['a'])
    await spend(4)
    test.turn()
    expect(told).toEqual(['a', 'b'])
    admission.update({ backlogMs: 0 })
    await spend(4)
    test.turn()
    expect(told).toEqual(['a', 'b', 'c', 'd'])
  })

  it('knows how long a queue of them is before the first was started', async () => {
    const { test } = await saturated()
    for (let start = 0; start < 12; start++) test.admission.begin(test.route)
    let count = 0
    for (; count < 1_000 && test.ask() === 'later'; count++) queue(test, String(count), [])
    // A burst of three bounds, 5 ms each.
    expect(count).toBe(60)
  })
})
