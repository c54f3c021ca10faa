import { channel, type PreviousExit } from '@keelson/core/channels'
import { checkGelfLine } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { createLog } from './log.ts'

function capture() {
  const lines: string[] = []
  const log = createLog({ service: 'demo', destination: { write: (line) => void lines.push(line) } })
  const end = log.adoptChannels()
  return { lines, end, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') }
}

const previous: PreviousExit = {
  service: 'demo',
  reason: 'memory-kill',
  evidence: 'It vanished with 97 % of the container’s memory in use.',
  lastSeenAtMs: Date.UTC(2026, 0, 1),
  lifetimeMs: 61_000,
  exitCode: undefined,
  error: undefined,
  requestId: undefined,
  vitals: { rssBytes: 250, loopDelayMs: 3 },
  restartsLastHourCount: 2,
}

describe('adoptChannels', () => {
  it('says how the last life ended, as an error unless it ended as it should', () => {
    const { lines, end, last } = capture()
    channel('keelson.process.previous-exit').publish(previous)
    expect(last()).toMatchObject({
      level: 3,
      short_message: `the life before ended by memory-kill: ${previous.evidence}`,
      _previous_exit: 'memory-kill',
      _previous_lifetime_s: 61,
      _previous_seen_at: '2026-01-01T00:00:00.000Z',
      _previous_rss_bytes: 250,
      _previous_loop_delay_ms: 3,
      _restarts_last_hour: 2,
    })
    channel('keelson.process.previous-exit').publish({ ...previous, reason: 'clean', evidence: 'Stopped.' })
    expect(last()).toMatchObject({ level: 6, short_message: 'the life before ended as it should: Stopped.' })
    channel('keelson.process.previous-exit').publish({
      ...previous,
      reason: 'first-start',
      vitals: undefined,
      lifetimeMs: undefined,
      lastSeenAtMs: undefined,
    })
    expect(last()).toMatchObject({ level: 6, _previous_exit: 'first-start' })
    expect(lines.flatMap(checkGelfLine)).toEqual([])
    end()
  })

  it('warns of limits, leaks and a record that cannot be kept, for its own service only', () => {
    const { lines, end, last } = capture()
    const limits = { subject: 'heap', usedBytes: 80, limitBytes: 100, message: 'The heap is full.' } as const
    channel('keelson.limits.warning').publish({ service: 'demo', ...limits })
    expect(last()).toMatchObject({ level: 4, short_message: 'The heap is full.', _limit_subject: 'heap' })

    const leak = { service: 'demo', floorBytes: 50, limitBytes: 100 } as const
    channel('keelson.leak.verdict').publish({
      ...leak,
      verdict: 'growing',
      bytesPerMinute: 1_048_576,
      timeToLimitMs: 3_600_000,
    })
    expect(last()).toMatchObject({
      level: 4,
      short_message: 'the heap leaks 1.00 MiB a minute; it is full in 60 minutes',
      _time_to_limit_s: 3_600,
    })
    channel('keelson.leak.verdict').publish({
      ...leak,
      verdict: 'flat',
      bytesPerMinute: 0,
      timeToLimitMs: undefined,
    })
    expect(last()).toMatchObject({ level: 6, _leak_verdict: 'flat' })

    const problem = {
      problem: 'unwritable',
      path: '/state',
      message: 'No room.',
      error: new Error('ENOSPC'),
    } as const
    channel('keelson.ledger.problem').publish({ service: 'demo', ...problem })
    expect(last()).toMatchObject({ level: 4, _ledger_problem: 'unwritable', _error_message: 'ENOSPC' })

    const count = lines.length
    channel('keelson.limits.warning').publish({ service: 'another', ...limits })
    end()
    channel('keelson.limits.warning').publish({ service: 'demo', ...limits })
    expect(lines).toHaveLength(count)
    expect(lines.flatMap(checkGelfLine)).toEqual([])
  })
})
