import { runWithContext } from '@keelson/core/context'
import type { AccessRecord } from '@keelson/core/http'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import { createSampling } from './sampling.ts'

const record: AccessRecord = {
  method: 'GET',
  url: '/',
  route: '/',
  statusCode: 200,
  durationMs: 1,
  bytesIn: 0,
  bytesOut: 0,
  remoteIp: '',
  userAgent: undefined,
  requestId: 'r',
  traceId: undefined,
  spanId: undefined,
  aborted: false,
}

describe('createSampling', () => {
  test('chooses its share of ids, also when they differ in one digit', () => {
    const isSampled = createSampling(0.2)
    const chosen = Array.from({ length: 10_000 }, (_, index) => `request-${index}`).filter((id) =>
      isSampled(id),
    )
    expect(chosen.length).toBeGreaterThan(1800)
    expect(chosen.length).toBeLessThan(2200)
  })

  test('chooses the same ids everywhere, and more of them as the ratio grows', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => String(index))
    const few = ids.filter(createSampling(0.1))
    expect(ids.filter(createSampling(0.1))).toEqual(few)
    expect(ids.filter(createSampling(0.5))).toEqual(expect.arrayContaining(few))
    expect(ids.filter(createSampling(0))).toEqual([])
  })
})

/** The lines of a request that has all of them: message and rate. */
function allWith(rate: number | undefined): readonly unknown[] {
  return [
    ['bound', rate],
    ['child', rate],
    ['GET / 200', rate],
    ['always', undefined],
  ]
}

describe('createLog with sampleRatio', () => {
  test('writes all lines of a request or none, warnings always, and what is outside of requests', () => {
    const lines: string[] = []
    const log = createLog({
      service: 'demo',
      sampleRatio: 0.5,
      destination: { write: (line) => void lines.push(line) },
    })
    const access = log.accessLine('GET', '/')
    for (let index = 0; index < 200; index++) {
      const requestId = `r${index}`
      runWithContext({ requestId }, () => log.logger.info('a'))
      log.forContext({ requestId }).info('b')
      access({ ...record, requestId })
    }
    const counts = new Map<string, number>()
    for (const line of lines) {
      const { _request_id: id, _sample_rate: rate } = JSON.parse(line) as Record<string, string | number>
      expect(rate).toBe(0.5)
      counts.set(String(id), (counts.get(String(id)) ?? 0) + 1)
    }
    expect(counts.size).toBeGreaterThan(60)
    expect(counts.size).toBeLessThan(140)
    expect(new Set(counts.values())).toEqual(new Set([3]))

    const left = Array.from({ length: 200 }, (_, index) => `r${index}`).find((id) => !counts.has(id)) ?? ''
    lines.length = 0
    log.logger.info('outside')
    runWithContext({ requestId: left }, () => log.logger.warn('w'))
    access({ ...record, requestId: left, statusCode: 500 })
    access({ ...record, requestId: left })
    expect(lines.map((line) => Object.hasOwn(JSON.parse(line) as object, '_sample_rate'))).toEqual([
      false,
      false,
      false,
    ])
  })

  test('can change at any time, for loggers and routes that exist already', () => {
    const lines: Record<string, unknown>[] = []
    const log = createLog({
      service: 'demo',
      destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    })
    const context = { requestId: 'r' }
    const bound = log.forContext(context)
    const child = log.logger.child({ part: 'a' })
    const access = log.accessLine('GET', '/')
    const writtenWith = (ratio: number): readonly unknown[] => {
      lines.length = 0
      log.setSampleRatio(ratio)
      bound.info('bound')
      runWithContext(context, () => child.info({ b: 1 }, 'child'))
      access({ ...record, requestId: 'r' })
      bound.warn('always')
      return lines.map((line) => [line['short_message'], line['_sample_rate']])
    }
    expect(writtenWith(1)).toEqual(allWith(undefined))
    expect(writtenWith(0)).toEqual([['always', undefined]])
    expect(writtenWith(0.999)).toEqual(allWith(0.999))
    expect(writtenWith(1)).toEqual(allWith(undefined))
  })

  test('lets a field of the caller win over the rate, and writes neither twice', () => {
    const lines: string[] = []
    const log = createLog({
      service: 'demo',
      sampleRatio: 0.999,
      destination: { write: (line) => void lines.push(line) },
    })
    log.forContext({ requestId: 'r' }).info({ sample_rate: 7 }, 'm')
    expect(lines.join('').match(/"_sample_rate":[^,}]+/g)).toEqual(['"_sample_rate":7'])
  })

  test('is relied on by logs that are made while a request that is left out is handled', () => {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const log = runWithContext({ requestId: 'r' }, () =>
      createLog({ service: 'demo', sampleRatio: 0, burstLimitCount: 1, destination }),
    )
    expect(lines).toEqual([]) // no warning that lines are built twice
    log.logger.info('m')
    expect(lines).toHaveLength(1)
  })

  test.each([-0.1, 1.1, Number.NaN, '1'])('refuses %j', (ratio) => {
    const log = createLog({ service: 'demo', destination: { write() {} } })
    // Callers without types.
    expect(() => log.setSampleRatio(ratio as number)).toThrow(
      expect.objectContaining({ code: 'KEELSON_LOG_OPTIONS_INVALID' }),
    )
  })
})
