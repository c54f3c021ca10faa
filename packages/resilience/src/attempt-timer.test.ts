import type { Clock } from '@keelson/core/clock'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { startAttemptTimer } from './attempt-timer.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A clock of a process whose event loop was blocked: timers fire later than they were due. */
function blockedClock(lateMs: number): Clock & { fire(): void } {
  let now = 0
  let fire: (() => void) | undefined
  return {
    now: () => now,
    monotonic: () => now,
    setTimeout(callback, delayMs) {
      fire = () => {
        now += delayMs + lateMs
        callback()
      }
      return { unref() {} }
    },
    clearTimeout() {},
    fire: () => fire?.(),
  }
}

describe('startAttemptTimer', () => {
  it('calls back at its limit, at once', async () => {
    const clock = createFakeClock()
    const calls: boolean[] = []
    startAttemptTimer(clock, 300, (stalled) => calls.push(stalled))
    await clock.advance(299)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toEqual([false])
  })

  it('never calls back once cancelled', async () => {
    const clock = createFakeClock()
    const calls: boolean[] = []
    startAttemptTimer(clock, 300, (stalled) => calls.push(stalled)).cancel()
    await clock.advance(1_000)
    expect(calls).toEqual([])
    expect(clock.pendingCount).toBe(0)
  })

  it('lets the event loop poll before it decides when it fires late', async () => {
    const clock = blockedClock(100)
    const calls: boolean[] = []
    startAttemptTimer(clock, 300, (stalled) => calls.push(stalled))
    clock.fire()
    await turn()
    expect(calls, 'no decision in the turn in which it fired').toEqual([])
    await turn()
    await turn()
    expect(calls).toEqual([true])
  })

  it('does not call back when the answer was in the buffer all along', async () => {
    const clock = blockedClock(100)
    const calls: boolean[] = []
    const timer = startAttemptTimer(clock, 300, (stalled) => calls.push(stalled))
    clock.fire()
    await turn()
    timer.cancel()
    for (let count = 0; count < 5; count++) await turn()
    expect(calls).toEqual([])
  })

  it('takes a delay of up to 20 ms for the ordinary lateness of timers', () => {
    const clock = blockedClock(20)
    const calls: boolean[] = []
    startAttemptTimer(clock, 300, (stalled) => calls.push(stalled))
    clock.fire()
    expect(calls).toEqual([false])
  })
})
