import { isKeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import type { LevelScope } from './levels.ts'
import { createLog } from './log.ts'
import type { LogLevel, LogOptions } from './log-options.ts'

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const clock = createFakeClock()
  const log = createLog({
    service: 'demo',
    clock,
    destination: { write: (line) => void lines.push(line) },
    ...options,
  })
  return { log, lines, clock }
}

describe('levels of a log', () => {
  test('writes the lines of a module at its own level, under its name', () => {
    const { log, lines } = capture({ levels: { sql: 'debug', quiet: 'error' } })
    log.module('sql').debug('one')
    log.module('sql').child({ a: 1 }).debug('two')
    log.module('quiet').warn('no')
    log.module('other').debug('no')
    log.module('other').info('three')
    expect(lines.map((line) => (JSON.parse(line) as Record<string, unknown>)['_module'])).toEqual([
      'sql',
      'sql',
      'other',
    ])
    expect(log.module('sql')).toBe(log.module('sql'))
  })

  test('changes the level of a module at run time, and gives back that of the log', () => {
    const { log, lines } = capture()
    const sql = log.module('sql')
    log.setLevels({ sql: 'debug' })
    sql.debug('yes')
    log.setLevel('error')
    sql.debug('yes')
    log.setLevels({})
    sql.warn('no')
    expect(lines).toHaveLength(2)
  })

  test('returns to the lasting level by itself', async () => {
    const { log, lines, clock } = capture({ levels: { sql: 'warn' } })
    log.setLevel('debug', { forMs: 60_000 })
    log.setLevel('trace', { module: 'sql', forMs: 30_000 })
    log.logger.debug('yes')
    log.module('sql').trace('yes')
    await clock.advance(30_000)
    log.module('sql').info('no')
    await clock.advance(30_000)
    log.logger.debug('no')
    expect(log.level).toBe('info')
    expect(lines).toHaveLength(2)
    expect(clock.pendingCount).toBe(0)
  })

  test('keeps a lasting level that was set over a passing one', async () => {
    const { log, clock } = capture()
    log.setLevel('debug', { forMs: 1000 })
    log.setLevel('warn')
    await clock.advance(1000)
    expect(log.level).toBe('warn')
  })

  test('leaves no timer behind when it is closed', async () => {
    const { log, clock } = capture()
    log.setLevel('debug', { forMs: 1000 })
    await log.close()
    expect(clock.pendingCount).toBe(0)
  })

  test.each([
    ['a time without an end', 'debug', { forMs: Number.POSITIVE_INFINITY }],
    ['an unknown scope', 'debug', { modules: 'a' }],
  ])('refuses %s', (_case, level, scope) => {
    const { log } = capture()
    let thrown: unknown
    try {
      log.setLevel(level as LogLevel, scope as LevelScope) // what a caller without types may do
    } catch (error) {
      thrown = error
    }
    expect(isKeelsonError(thrown, 'KEELSON_LOG_OPTIONS_INVALID')).toBe(true)
  })
})
