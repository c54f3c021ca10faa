import { channel } from '@keelson/core/channels'
import { runWithContext } from '@keelson/core/context'
import { isKeelsonError } from '@keelson/core/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HouseConfig } from './load-config.ts'
import { resolveRuntime } from './runtime.ts'
import { createServiceLog } from './service-log.ts'

type LogSettings = HouseConfig['current']['log']

const settings: LogSettings = {
  level: 'info',
  levels: {},
  revertAfter: 0,
  sampleRatio: 1,
  burstLimit: 0,
  captureConsole: false,
  format: 'gelf',
  gelf: { url: null, caFile: null, compression: 'none' },
}

function configured(given: Partial<LogSettings> = {}, sensitiveValues: () => string[] = () => []) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createServiceLog('demo', '1.0.0', resolveRuntime({ env: {} }), destination)
  const subscribers = new Map<string, (value: unknown) => void>()
  const config = {
    current: { log: { ...settings, ...given } },
    warnings: [],
    sensitiveValues,
    subscribe: (key: string, call: (value: unknown) => void) => void subscribers.set(key, call),
  }
  // All that is read of a configuration.
  log.configure(config as unknown as HouseConfig)
  return { log, lines, change: (key: string, value: unknown) => subscribers.get(key)?.(value) }
}

function applied(service: string): void {
  channel('keelson.config.applied').publish({
    service,
    revision: 2,
    hash: 'h',
    changedKeys: ['db.password'],
  })
}

describe('createServiceLog', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('follows the levels of the configuration', () => {
    const { log, change } = configured({ levels: { sql: 'error' } })
    expect(log.current.module('sql').level).toBe('error')
    change('log.levels', { sql: 'trace' })
    change('log.level', 'warn')
    expect(log.current.module('sql').level).toBe('trace')
    expect(log.current.level).toBe('warn')
    vi.advanceTimersByTime(86_400_000)
    expect(log.current.level).toBe('warn')
  })

  it('masks secrets that change, from the moment of the change, and those of other services not', async () => {
    let secrets = ['first canary']
    const { log, lines } = configured({}, () => secrets)
    secrets = ['second canary']
    applied('other')
    log.current.logger.info('1: second canary')
    applied('demo')
    log.current.logger.info('2: first canary, second canary')
    const messages = lines.map((line) => (JSON.parse(line) as { short_message: string }).short_message)
    expect(messages.filter((message) => /^\d:/.test(message))).toEqual([
      '1: second canary',
      '2: [redacted], [redacted]',
    ])
    await log.close()
    secrets = ['third canary']
    applied('demo')
    log.current.logger.info('third canary')
    expect(lines.at(-1)).toContain('third canary')
  })

  it('returns to the levels of the start after log.revertAfter', () => {
    const { log, change } = configured({ revertAfter: 60_000, levels: { sql: 'error' } })
    change('log.level', 'debug')
    change('log.levels', { sql: 'trace' })
    expect([log.current.level, log.current.module('sql').level]).toEqual(['debug', 'trace'])
    vi.advanceTimersByTime(60_000)
    expect([log.current.level, log.current.module('sql').level]).toEqual(['info', 'error'])
  })

  it('samples, limits bursts and catches the console where it is told to', async () => {
    const { log, lines } = configured({ sampleRatio: 0, burstLimit: 2, captureConsole: true })
    const target = globalThis.console
    const before = target.log
    runWithContext({ requestId: 'r' }, () => log.current.logger.info('sampled'))
    for (let index = 0; index < 4; index++) log.current.logger.info('m')
    target.log('caught')
    await log.close()
    expect(target.log).not.toBe(before)
    expect(lines.filter((line) => line.includes('"m"'))).toHaveLength(3)
    expect(lines.some((line) => line.includes('caught'))).toBe(true)
    expect(lines.some((line) => line.includes('sampled"'))).toBe(false)
  })

  it('follows the sampling and the burst limit of the configuration', () => {
    const { log, lines, change } = configured()
    const written = (): number => {
      const before = lines.length
      runWithContext({ requestId: 'r' }, () => {
        for (let index = 0; index < 4; index++) log.current.logger.info('m')
      })
      return lines.length - before
    }
    expect(written()).toBe(4)
    change('log.burstLimit', 2)
    expect(written()).toBe(2)
    change('log.burstLimit', 0)
    expect(written()).toBe(4)
    change('log.sampleRatio', 0)
    expect(written()).toBe(0)
    change('log.sampleRatio', 1)
    expect(written()).toBe(4)
  })

  it('gives the last words of an error the id of its request once', () => {
    const { log, lines } = configured()
    runWithContext({ requestId: 'r-1' }, () => log.fatal(new Error('x')))
    expect(lines[0]?.match(/"_request_id":"r-1"/g)).toHaveLength(1)
  })

  it.each([
    ['an address that is none', { gelf: { ...settings.gelf, url: 'http://graylog' } }],
    [
      'shipping lines that are no GELF',
      { format: 'gelf-collector', gelf: { ...settings.gelf, url: 'udp://graylog' } },
    ],
    ['a ratio above 1', { sampleRatio: 3 }],
  ] as const)('takes %s for a fault of the configuration', (_case, given) => {
    let thrown: unknown
    try {
      configured(given)
    } catch (error) {
      thrown = error
    }
    expect(isKeelsonError(thrown, 'KEELSON_CONFIG_INVALID')).toBe(true)
  })
})
