import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { LoopLag } from './loop-lag.ts'

/** A clock whose timers fire late by as much as the loop is blocked. */
function createBlockableClock() {
  const clock = createFakeClock()
  let blockedMs = 0
  return {
    clock: { ...clock, monotonic: () => clock.monotonic() + blockedMs },
    advance: (durationMs: number) => clock.advance(durationMs),
    block: (durationMs: number) => {
      blockedMs += durationMs
    },
    get pendingCount() {
      return clock.pendingCount
    },
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('LoopLag', () => {
  it('looks at nothing before it is asked', () => {
    const time = createBlockableClock()
    const lag = new LoopLag(time.clock)
    expect(time.pendingCount).toBe(0)
    expect(lag.valueMs).toBe(0)
    expect(time.pendingCount).toBe(1)
  })

  it('is the time of a block while what has waited for it is read, and 0 again after that', async () => {
    const time = createBlockableClock()
    const lag = new LoopLag(time.clock)
    expect(lag.valueMs).toBe(0)
    const seen: number[] = []
    time.clock.setTimeout(() => seen.push(lag.valueMs), 50)
    time.block(400)
    await time.advance(50)
    expect(seen, 'right behind the timer, where sockets are read').toEqual([400])
    for (let count = 0; count < 4; count++) await turn()
    expect(lag.valueMs).toBe(0)
    await time.advance(200)
    expect(lag.valueMs).toBe(0)
  })

  it('takes the grain of timers for no block', async () => {
    const time = createBlockableClock()
    const lag = new LoopLag(time.clock)
    expect(lag.valueMs).toBe(0)
    const seen: number[] = []
    time.clock.setTimeout(() => seen.push(lag.valueMs), 50)
    time.block(15)
    await time.advance(50)
    expect(seen).toEqual([0])
  })
})
