import { hostname } from 'node:os'
import { isKeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import type { LogLevel, LogOptions } from './log-options.ts'

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLog({
    service: 'demo',
    destination: { write: (line) => void lines.push(line) },
    ...options,
  })
  return { log, lines }
}

describe('createLog', () => {
  test.each([
    ['no service', { service: undefined }],
    ['a blank service', { service: ' ' }],
    ['an unknown option', { service: 's', redact: [] }],
    ['an unknown level', { service: 's', level: 'loud' }],
    ['an unknown format', { service: 's', format: 'json' }],
    ['a list that holds no texts', { service: 's', redactKeys: [1] }],
    ['a destination that cannot write', { service: 's', destination: {} }],
    ['a slow threshold of zero', { service: 's', slowRequestMs: 0 }],
    ['shipping to nowhere', { service: 's', shipping: { url: 'graylog' } }],
    [
      'shipping lines that are no GELF',
      { service: 's', format: 'gelf-collector', shipping: { url: 'udp://h' } },
    ],
  ])('refuses %s', (_case, options) => {
    const thrown = thrownBy(() => Reflect.apply(createLog, undefined, [options]))
    expect(isKeelsonError(thrown, 'KEELSON_LOG_OPTIONS_INVALID')).toBe(true)
  })

  test('names the machine when no host is given, and cuts what no name is as long as', () => {
    const { log, lines } = capture({ pod: 'x'.repeat(5000) })
    log.logger.info('m')
    const fields: Record<string, string> = JSON.parse(lines[0] ?? '')
    expect(fields['host']).toBe(hostname())
    expect(fields['_pod']).toHaveLength(253)
  })

  test('writes at info and above, until told otherwise', () => {
    const { log, lines } = capture()
    const child = log.logger.child({ a: 1 })
    log.logger.debug('no')
    expect(log.level).toBe('info')
    log.setLevel('debug')
    expect(log.level).toBe('debug')
    child.debug('yes')
    log.forContext({ requestId: 'r' }).debug('yes')
    log.setLevel('silent')
    child.fatal('no')
    expect(lines).toHaveLength(2)
  })

  test('refuses a level that does not exist, and keeps the one it has', () => {
    const { log } = capture()
    const thrown = thrownBy(() => log.setLevel('loud' as LogLevel)) // what a caller without types may do
    expect(isKeelsonError(thrown, 'KEELSON_LOG_OPTIONS_INVALID')).toBe(true)
    expect(log.level).toBe('info')
  })

  test('writes for people in the pretty format', () => {
    const { log, lines } = capture({ format: 'pretty', colour: true, clock: createFakeClock() })
    log.forContext({ requestId: 'r-1' }).warn({ a: 1 }, 'careful')
    expect(lines[0]).toContain('\u001b[33mWARN \u001b[0m')
    expect(lines[0]).toMatch(/careful .*a=1.*request_id=r-1/)
  })

  test('flushes and closes its destination, in this order', async () => {
    const calls: string[] = []
    const { log } = capture({
      destination: {
        write: () => {},
        flush: () => void calls.push('flush'),
        async close() {
          calls.push('close')
        },
      },
    })
    log.flush()
    await log.close()
    expect(calls).toEqual(['flush', 'flush', 'close'])
  })

  test('does not throw when its destination does', async () => {
    const { log } = capture({
      destination: {
        write() {
          throw new Error('no')
        },
        flush() {
          throw new Error('no')
        },
      },
    })
    log.logger.fatal('m')
    log.flush()
    await log.close()
  })
})
