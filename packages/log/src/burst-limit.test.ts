import { subscribe } from '@keelson/core/channels'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { BurstLimit } from './burst-limit.ts'
import { createLog } from './log.ts'

function limited() {
  const lines: Record<string, unknown>[] = []
  const clock = createFakeClock()
  const log = createLog({
    service: 'demo',
    clock,
    burstLimitCount: 3,
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  })
  return { log, lines, clock }
}

describe('createLog with burstLimitCount', () => {
  test('lets so many lines of a message pass in ten seconds, then says how many were left out', async () => {
    const { log, lines, clock } = limited()
    const facts: object[] = []
    const end = subscribe('keelson.log.dropped', (fact) => facts.push(fact))
    for (let index = 0; index < 10; index++) log.logger.info('order %s failed', index)
    log.logger.info('another')
    expect(lines).toHaveLength(4)
    await clock.advance(10_000)
    expect(lines.at(-1)).toMatchObject({
      _suppressed_message: 'order %s failed',
      _suppressed_count: 7,
      level: 6,
    })
    expect(facts).toEqual([{ service: 'demo', reason: 'burst', count: 7 }])
    log.logger.info('order %s failed', 11)
    expect(lines).toHaveLength(6)
    end()
  })

  test('limits errors too, says so as a warning, and never a fatal line', async () => {
    const { log, lines, clock } = limited()
    for (let index = 0; index < 5; index++) log.logger.error({ a: 1 }, 'no')
    for (let index = 0; index < 5; index++) log.logger.fatal('the end')
    expect(lines).toHaveLength(8)
    await clock.advance(10_000)
    expect(lines.at(-1)).toMatchObject({ level: 4, _suppressed_count: 2 })
  })

  test('tells of what was left out when it is closed', async () => {
    const { log, lines, clock } = limited()
    for (let index = 0; index < 5; index++) log.logger.info('m')
    await log.close()
    expect(lines.at(-1)).toMatchObject({ _suppressed_count: 2 })
    expect(clock.pendingCount).toBe(0)
  })

  test('can be set, changed and taken away at any time', async () => {
    const { log, lines, clock } = limited()
    const write = (count: number): number => {
      const before = lines.length
      for (let index = 0; index < count; index++) log.logger.info('m')
      return lines.length - before
    }
    expect(write(5)).toBe(3)
    log.setBurstLimit(1)
    expect(lines.at(-1)).toMatchObject({ _suppressed_message: 'm', _suppressed_count: 2 })
    expect(write(5)).toBe(1)
    log.setBurstLimit(1)
    expect(write(5)).toBe(0)
    log.setBurstLimit(undefined)
    expect(lines.at(-1)).toMatchObject({ _suppressed_count: 9 })
    expect(write(50)).toBe(50)
    log.setBurstLimit(2)
    expect(write(5)).toBe(2)
    await clock.advance(10_000)
    expect(lines.at(-1)).toMatchObject({ _suppressed_count: 3 })
    expect(clock.pendingCount).toBe(0)
  })

  test.each([0, 1.5, 1_000_001])('refuses a limit of %d', (count) => {
    const { log, lines } = limited()
    expect(() => log.setBurstLimit(count)).toThrow(
      expect.objectContaining({ code: 'KEELSON_LOG_OPTIONS_INVALID' }),
    )
    for (let index = 0; index < 5; index++) log.logger.info('m')
    expect(lines).toHaveLength(3)
  })
})

describe('BurstLimit', () => {
  test('tells a thousand messages apart, and lets further ones pass', () => {
    const limit = new BurstLimit({ maxCount: 1, clock: createFakeClock(), onSuppressed() {} })
    for (let index = 0; index < 1000; index++) limit.passes(String(index), 30)
    expect(limit.passes('0', 30)).toBe(false)
    expect([limit.passes('new', 30), limit.passes('new', 30)]).toEqual([true, true])
  })
})
