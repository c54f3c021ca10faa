import { type AdmissionShed, channel } from '@keelson/core/channels'
import { createFakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { writeAdmissionLines } from './admission-lines.ts'
import type { Logger } from './pino-adapter.ts'

const opened: (() => void)[] = []

afterEach(() => {
  for (const end of opened.splice(0)) end()
})

const shed = (fact: Partial<AdmissionShed> = {}) =>
  channel('keelson.admission.shed').publish({
    service: 'delivery',
    reason: 'backlog',
    criticality: 'default',
    ...fact,
  })

function setup() {
  const clock = createFakeClock()
  const lines: [level: string, message: string, fields: object][] = []
  const write = (level: string) => (fields: object, message: string) => lines.push([level, message, fields])
  // The lines use these two methods alone.
  const logger = { warn: write('warn'), info: write('info') } as unknown as Logger
  const end = writeAdmissionLines('delivery', logger, clock)
  opened.push(end)
  return { clock, lines, messages: () => lines.map(([, message]) => message), end }
}

describe('writeAdmissionLines', () => {
  it('tells of the first refusal at once, and of all of them when none has come for ten seconds', async () => {
    const { clock, lines } = setup()
    shed()
    expect(lines).toEqual([
      [
        'warn',
        'requests are refused: they would wait too long for the event loop',
        { shed_reason: 'backlog', criticality: 'default' },
      ],
    ])
    await clock.advance(9_000)
    shed({ reason: 'limit', criticality: 'critical' })
    shed()
    await clock.advance(9_999)
    expect(lines).toHaveLength(1)
    await clock.advance(1)
    expect(lines.slice(1)).toEqual([
      [
        'info',
        'requests are let in again, after 3 refusals in 9 s (backlog 2, limit 1)',
        { shed_count: 3, shed_critical_count: 1, shed_reasons: 'backlog 2, limit 1', shed_ms: 9_000 },
      ],
    ])
    expect(clock.pendingCount).toBe(0)
  })

  it('writes two lines in ten seconds at most, however often it comes and goes', async () => {
    const { clock, lines } = setup()
    for (let second = 0; second < 100; second++) {
      for (let request = 0; request < 50; request++) shed()
      await clock.advance(second % 20 === 19 ? 11_000 : 1_000)
    }
    expect(lines).toHaveLength(10)
  })

  it('says every five minutes that it goes on', async () => {
    const { clock, messages } = setup()
    for (let second = 0; second < 1_000; second++) {
      shed({ reason: 'rate' })
      await clock.advance(1_000)
    }
    expect(messages()[0]).toBe('requests are refused: a caller sends more than its share')
    expect(messages().filter((text) => text.startsWith('requests are still refused: '))).toHaveLength(3)
    expect(messages()).toHaveLength(4)
  })

  it('tells what is under way when it ends, and leaves no timer', () => {
    const { clock, end, messages } = setup()
    shed({ service: 'other' })
    expect(messages()).toEqual([])
    shed()
    end()
    expect(messages().at(-1)).toBe('requests were refused: 1 refusal in 1 s (backlog 1)')
    expect(clock.pendingCount).toBe(0)
    shed()
    expect(messages()).toHaveLength(2)
  })
})
