import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { sleep } from './clock.ts'

describe('sleep', () => {
  it('resolves after its time and leaves no timer or listener', async () => {
    const clock = createFakeClock()
    const abort = new AbortController()
    let done = false
    const sleeping = sleep(clock, 100, abort.signal).then(() => (done = true))
    await clock.advance(99)
    expect(done).toBe(false)
    await clock.advance(1)
    await sleeping
    expect(done).toBe(true)
    expect(clock.pendingCount).toBe(0)
  })

  it.each(['before', 'during'])('rejects with the reason of a signal aborted %s it', async (when) => {
    const clock = createFakeClock()
    const abort = new AbortController()
    const reason = new Error('left')
    if (when === 'before') abort.abort(reason)
    const sleeping = sleep(clock, 100, abort.signal)
    abort.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    expect(clock.pendingCount).toBe(0)
  })
})
