import { subscribe } from '@keelson/core/channels'
import type { AccessRecord } from '@keelson/core/http'
import { checkGelfLine, createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import type { LogOptions } from './log-options.ts'

const record: AccessRecord = {
  requestId: 'abc-1',
  method: 'GET',
  route: '/videos/:id',
  url: '/videos/1',
  statusCode: 200,
  durationMs: 12.345678,
  bytesIn: 0,
  bytesOut: 512,
  remoteIp: '10.0.0.1',
  userAgent: 'curl/8',
  aborted: false,
}

function linesOf(records: readonly Partial<AccessRecord>[], options: Partial<LogOptions> = {}): string[] {
  const lines: string[] = []
  const log = createLog({
    service: 'demo',
    host: 'h',
    clock: createFakeClock(),
    destination: { write: (line) => void lines.push(line) },
    ...options,
  })
  const write = log.accessLine('GET', '/videos/:id')
  for (const changes of records) write({ ...record, ...changes })
  return lines
}

function levelsOf(records: readonly Partial<AccessRecord>[], options?: Partial<LogOptions>): unknown[] {
  return linesOf(records, options).map((line): unknown => JSON.parse(line).level)
}

describe('an access line', () => {
  test('says what a request was', () => {
    const [line = ''] = linesOf([{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }])
    expect(checkGelfLine(line)).toEqual([])
    expect(JSON.parse(line)).toEqual({
      version: '1.1',
      host: 'h',
      level: 6,
      timestamp: 1_767_225_600,
      short_message: 'GET /videos/:id 200',
      _service: 'demo',
      _pid: process.pid,
      _method: 'GET',
      _route: '/videos/:id',
      _url: '/videos/1',
      _status: 200,
      _duration_ms: 12.346,
      _bytes_in: 0,
      _bytes_out: 512,
      _remote_ip: '10.0.0.1',
      _user_agent: 'curl/8',
      _request_id: 'abc-1',
      _trace_id: 'a'.repeat(32),
      _span_id: 'b'.repeat(16),
    })
  })

  test('escapes what the caller sent', () => {
    const hostile = '/a"b\\c\n\u0000\ud800{"level":0}'
    const [line = ''] = linesOf([{ url: hostile, userAgent: hostile, remoteIp: hostile, requestId: hostile }])
    expect(checkGelfLine(line)).toEqual([])
    expect(JSON.parse(line)).toMatchObject({
      _url: hostile,
      _user_agent: hostile,
      _remote_ip: hostile,
      _request_id: hostile,
    })
  })

  test('of a request without route shows that there was none', () => {
    const lines: string[] = []
    const log = createLog({ service: 'demo', destination: { write: (line) => void lines.push(line) } })
    log.accessLine('GET', undefined)({ ...record, route: undefined, statusCode: 404, userAgent: undefined })
    expect(checkGelfLine(lines[0] ?? '')).toEqual([])
    const fields: Record<string, unknown> = JSON.parse(lines[0] ?? '')
    expect(fields).toMatchObject({ short_message: 'GET (no route) 404', _url: '/videos/1', _status: 404 })
    expect([fields['_route'], fields['_user_agent'], fields['_aborted']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('says why the id of the caller was replaced, in either format', () => {
    const [line = '', plain = ''] = linesOf([{ requestIdRejected: 'charset' }, {}])
    expect(checkGelfLine(line.trimEnd())).toEqual([])
    expect(JSON.parse(line)).toMatchObject({ _request_id_rejected: 'charset' })
    expect(plain).not.toContain('rejected')
    const [collected = ''] = linesOf([{ requestIdRejected: 'multiple' }], { format: 'gelf-collector' })
    expect(JSON.parse(collected)).toMatchObject({ request_id_rejected: 'multiple' })
  })

  test('of a request that its caller left is marked', () => {
    const [line = ''] = linesOf([{ aborted: true }])
    expect(checkGelfLine(line)).toEqual([])
    expect(JSON.parse(line)).toMatchObject({ _aborted: 'true' })
  })

  test('is an error from status 500, a warning when slow, else information', () => {
    const requests = [
      { statusCode: 200 },
      { statusCode: 404 },
      { statusCode: 500 },
      { statusCode: 503, durationMs: 60_000 },
      { statusCode: 200, durationMs: 10_001 },
      { statusCode: 404, durationMs: 10_000 },
    ]
    expect(levelsOf(requests)).toEqual([6, 6, 3, 3, 4, 6])
    expect(levelsOf([{ durationMs: 60 }], { slowRequestMs: 50 })).toEqual([4])
  })

  test('follows the level of the log', () => {
    const requests = [{ statusCode: 200 }, { statusCode: 500 }, { durationMs: 60_000 }]
    expect(levelsOf(requests, { level: 'warn' })).toEqual([3, 4])
    expect(levelsOf(requests, { level: 'error' })).toEqual([3])
    expect(levelsOf(requests, { level: 'silent' })).toEqual([])
  })

  test('shows the status of its own request, whatever came before', () => {
    const statuses = [200, 304, 200, 500, 502, 500]
    const lines = linesOf(statuses.map((statusCode) => ({ statusCode })))
    expect(lines.map((line): unknown => JSON.parse(line)['_status'])).toEqual(statuses)
    expect(lines.map((line): unknown => JSON.parse(line)['short_message'])).toEqual(
      statuses.map((status) => `GET /videos/:id ${status}`),
    )
  })

  test('stays valid when a number could not be measured', () => {
    const [line = ''] = linesOf([{ durationMs: Number.NaN, bytesIn: Number.NaN, bytesOut: Infinity }])
    expect(checkGelfLine(line)).toEqual([])
  })

  test('is at most 16,000 bytes long', () => {
    const [line = ''] = linesOf([{ url: `/${'ä'.repeat(20_000)}` }])
    expect(checkGelfLine(line)).toEqual([])
  })

  test('of the collector format has no underscores', () => {
    const [line = ''] = linesOf([{ aborted: true, traceId: 't', spanId: 's' }], { format: 'gelf-collector' })
    expect(
      Object.keys(JSON.parse(line)).filter((name) => name.startsWith('_') || name === 'version'),
    ).toEqual([])
    expect(JSON.parse(line)).toMatchObject({
      url: '/videos/1',
      status: 200,
      request_id: 'abc-1',
      aborted: 'true',
    })
  })

  test('that the destination refuses is counted, and disturbs nobody', () => {
    const dropped: unknown[] = []
    const end = subscribe('keelson.log.dropped', (fact) => dropped.push(fact))
    linesOf([{}], {
      destination: {
        write() {
          throw new Error('full')
        },
      },
    })
    end()
    expect(dropped).toEqual([{ service: 'demo', reason: 'destination-failed', count: 1 }])
  })
})
