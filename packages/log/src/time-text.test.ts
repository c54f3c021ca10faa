import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { createTimeText } from './time-text.ts'

describe('createTimeText', () => {
  test('gives seconds with three decimals, within a second and across its end', async () => {
    const clock = createFakeClock(1_767_225_600_007)
    const timeText = createTimeText(clock)
    expect(timeText()).toBe(',"timestamp":1767225600.007')
    expect(timeText()).toBe(',"timestamp":1767225600.007')
    await clock.advance(992)
    expect(timeText()).toBe(',"timestamp":1767225600.999')
    await clock.advance(1)
    expect(timeText()).toBe(',"timestamp":1767225601.000')
  })

  test('follows a clock that was set back', () => {
    let now = 1_767_225_600_500
    const timeText = createTimeText({ ...createFakeClock(), now: () => now })
    timeText()
    now -= 1000
    expect(timeText()).toBe(',"timestamp":1767225599.500')
  })
})
