import { describe, expect, it } from 'vitest'
import { stopOrder } from './stop-order.ts'

const names = (calls: Record<string, string[]>) =>
  stopOrder(Object.entries(calls).map(([name, called]) => ({ name, calls: called }))).map((step) =>
    step.map(({ name }) => name),
  )

describe('stopOrder', () => {
  it('stops callers before those that they call', () => {
    expect(names({ catalog: [], edge: ['delivery'], delivery: ['catalog'], alone: [] })).toEqual([
      ['edge', 'alone'],
      ['delivery'],
      ['catalog'],
    ])
  })

  it('stops a circle of callers together', () => {
    expect(names({ a: ['b'], b: ['a'], c: ['a'], self: ['self'] })).toEqual([
      ['c', 'self'],
      ['a', 'b'],
    ])
  })
})
