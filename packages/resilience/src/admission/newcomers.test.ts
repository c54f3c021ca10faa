import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { Newcomers } from './newcomers.ts'

function setup() {
  const clock = createFakeClock()
  const told: string[] = []
  const deferred: (() => void)[] = []
  const newcomers = new Newcomers({
    clock,
    defer: (callback) => void deferred.push(callback),
    onEmpty: () => void told.push('empty'),
  })
  return {
    clock,
    newcomers,
    told,
    deferred,
    come: (name: string) => newcomers.add(() => void told.push(name)),
    /** One turn of the event loop, behind its reading of sockets. */
    turn: () => {
      for (const callback of deferred.splice(0)) callback()
    },
  }
}

describe('Newcomers', () => {
  it('lets a newcomer in one turn after it was read, when its leaving would have been read too', () => {
    const { newcomers, come, told, turn, deferred } = setup()
    come('a')
    turn()
    expect(told).toEqual([])
    expect(newcomers.size).toBe(1)
    turn()
    expect(told).toEqual(['a', 'empty'])
    expect(newcomers.size).toBe(0)
    expect(deferred).toHaveLength(0)
  })

  it('goes on looking while each turn brings another, in their order', () => {
    const { come, told, turn } = setup()
    for (const name of ['a', 'b', 'c']) {
      come(name)
      turn()
      expect(told).toEqual([])
    }
    turn()
    expect(told).toEqual(['a', 'b', 'c', 'empty'])
  })

  it('looks for 2 ms at most, and then lets in those whose leaving would have been read', async () => {
    const { clock, come, told, turn } = setup()
    come('a')
    turn()
    come('b')
    turn()
    await clock.advance(2)
    come('c')
    turn()
    expect(told).toEqual(['a', 'b'])
    turn()
    expect(told).toEqual(['a', 'b', 'c', 'empty'])
  })

  it('begins anew after it was empty', () => {
    const { come, told, turn } = setup()
    come('a')
    turn()
    turn()
    come('b')
    turn()
    expect(told).toEqual(['a', 'empty'])
    turn()
    expect(told).toEqual(['a', 'empty', 'b', 'empty'])
  })
})
