import { currentContext, runWithContext } from '@keelson/core/context'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { logger } from './ambient-logger.ts'
import { createLog, type Log } from './log.ts'
import type { LogOptions } from './log-options.ts'

type Line = Record<string, unknown>

const opened: Log[] = []

afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
})

function open(service: string, options: Partial<LogOptions> = {}): { log: Log; lines: Line[] } {
  const lines: Line[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const log = createLog({ service, destination, ...options })
  opened.push(log)
  return { log, lines }
}

describe('logger', () => {
  test('is that of the service whose request it is asked for in, with the id of the request', () => {
    const [front, back] = [open('front'), open('back')]
    runWithContext({ requestId: 'r-1', log: front.log }, () => logger().info('one'))
    runWithContext({ requestId: 'r-2', log: back.log }, () => logger().info('two'))
    expect(front.lines).toMatchObject([{ short_message: 'one', _service: 'front', _request_id: 'r-1' }])
    expect(back.lines).toMatchObject([{ short_message: 'two', _service: 'back', _request_id: 'r-2' }])
    expect(front.lines[0]).not.toHaveProperty('_services')
  })

  test('keeps the id of its request where the context is lost', () => {
    const { log, lines } = open('demo')
    const kept = runWithContext({ requestId: 'r-1', log }, () => logger())
    kept.info('in the listener of a pooled connection')
    runWithContext({ requestId: 'r-2', log }, () => kept.info('within another request'))
    expect(lines.map((line) => line['_request_id'])).toEqual(['r-1', 'r-1'])
  })

  test('kept from the top of a module chooses anew for every line', () => {
    const kept = logger()
    const [front, back] = [open('front'), open('back')]
    runWithContext({ requestId: 'r-1', log: back.log }, () => kept.info('in a request'))
    kept.info('outside')
    expect(back.lines).toMatchObject([{ short_message: 'in a request', _request_id: 'r-1' }])
    expect(front.lines).toMatchObject([{ short_message: 'outside', _services: 'front,back' }])
  })

  test('outside of requests is that of the one service, and of its logs the newest', async () => {
    const early = open('demo')
    const { log, lines } = open('demo')
    logger().info('one')
    expect(lines).toMatchObject([{ short_message: 'one' }])
    expect(lines[0]).not.toHaveProperty('_services')
    await early.log.close()
    await log.close()
    logger().info('at the very end')
    expect(lines).toHaveLength(2)
    expect(early.lines).toEqual([])
  })

  test('says the names of the services while there are several, and no longer when one has closed', async () => {
    const [front, back] = [open('front'), open('back')]
    const kept = logger()
    kept.info('one')
    await front.log.close()
    kept.info('two')
    expect(front.lines).toMatchObject([{ short_message: 'one', _services: 'front,back' }])
    expect(back.lines).toMatchObject([{ short_message: 'two' }])
    expect(back.lines[0]).not.toHaveProperty('_services')
  })

  test('of a module has the level of that module, in requests and outside', () => {
    const kept = logger('sql')
    const { log, lines } = open('demo', { levels: { sql: 'debug' } })
    kept.debug('one')
    logger().debug('not written')
    runWithContext({ requestId: 'r-1', log }, () => {
      logger('sql').debug('two')
      kept.debug('three')
      logger().debug('not written')
    })
    expect(kept.isLevelEnabled('debug')).toBe(true)
    expect(lines).toMatchObject([
      { short_message: 'one', _module: 'sql' },
      { short_message: 'two', _module: 'sql', _request_id: 'r-1' },
      { short_message: 'three', _module: 'sql', _request_id: 'r-1' },
    ])
  })

  test('has children that choose anew as well, made once for each log', () => {
    const child = logger().child({ part: 'pool' }).child({ size: 2 })
    const [front, back] = [open('front'), open('back')]
    const made = vi.spyOn(back.log.logger, 'child')
    for (const requestId of ['r-1', 'r-2', 'r-3']) {
      runWithContext({ requestId, log: back.log }, () => child.info('one'))
    }
    expect(back.lines).toMatchObject([
      { _part: 'pool', _size: 2, _request_id: 'r-1' },
      { _part: 'pool', _size: 2, _request_id: 'r-2' },
      { _part: 'pool', _size: 2, _request_id: 'r-3' },
    ])
    expect(made).toHaveBeenCalledTimes(2)
    expect(front.lines).toEqual([])
  })

  test('takes a level and bindings as the log it stands for', () => {
    const { log, lines } = open('demo')
    const kept = logger()
    kept.level = 'debug'
    expect(log.logger.level).toBe('debug')
    expect('info' in kept).toBe(true)
    kept.setBindings({ a: 1 })
    kept.debug('one')
    expect(lines).toMatchObject([{ _a: 1 }])
    expect(Object.getPrototypeOf(kept)).toBe(Object.getPrototypeOf(log.logger))
  })

  test('in a context of the program’s own is that of the request around it, else that of the process', () => {
    const [front, back] = [open('front'), open('back')]
    const lost = runWithContext({ requestId: 'mine' }, () => logger())
    lost.info('one')
    runWithContext({ requestId: 'r-1', log: back.log }, () =>
      runWithContext({ requestId: 'part' }, () => logger().info('two')),
    )
    expect(front.lines).toMatchObject([{ short_message: 'one', _request_id: 'mine' }])
    expect(back.lines).toMatchObject([{ short_message: 'two', _request_id: 'part' }])
  })

  test('works in a frozen context', () => {
    const { log, lines } = open('demo')
    runWithContext(Object.freeze({ requestId: 'r-1', log }), () => {
      logger().info('one')
      runWithContext(Object.freeze({ requestId: 'r-2' }), () => {
        expect(currentContext()?.log).toBeUndefined()
        logger().info({ a: 1 }, 'two')
      })
    })
    expect(lines).toMatchObject([{ _request_id: 'r-1' }, { _request_id: 'r-2', _a: 1, short_message: 'two' }])
  })
})

describe('logger before any log was made', () => {
  test('writes to standard output, and gives way to the first log', async () => {
    vi.resetModules()
    const { logger: early } = await import('./ambient-logger.ts')
    const fresh = await import('./log.ts')
    const kept = early()
    expect(kept.bindings()).toEqual({})
    expect(kept.level).toBe('info')
    const lines: string[] = []
    const log = fresh.createLog({ service: 'demo', destination: { write: (line) => void lines.push(line) } })
    kept.info('one')
    expect(lines).toHaveLength(1)
    await log.close()
  })
})
