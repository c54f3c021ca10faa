import { describe, expect, test } from 'vitest'
import { createTestLogger } from './test-logger.ts'

const line = (fields: object): string =>
  `${JSON.stringify({ version: '1.1', host: 'h', short_message: 'm', level: 6, ...fields })}\n`

describe('createTestLogger', () => {
  test('finds lines by their fields, with or without the underscore, texts by patterns too', () => {
    const logger = createTestLogger()
    logger.write(line({ _request_id: 'a', _n: 1 }))
    logger.write(line({ _request_id: 'b', _n: 1 }))
    expect(logger.one({ request_id: 'a' })).toMatchObject({ _n: 1 })
    expect(logger.one({ short_message: /^m$/, _request_id: /b/ })).toMatchObject({ _n: 1 })
    expect(logger.matching({ n: 1 })).toHaveLength(2)
    logger.none({ n: 2 })
    logger.valid()
    logger.clear()
    expect(logger.lines).toEqual([])
  })

  test.each([
    ['no line fits', (logger: ReturnType<typeof createTestLogger>) => logger.one({ n: 2 })],
    ['several lines fit', (logger: ReturnType<typeof createTestLogger>) => logger.one({ n: 1 })],
    ['a line fits that should not', (logger: ReturnType<typeof createTestLogger>) => logger.none({ n: 1 })],
  ])('shows the lines when %s', (_case, ask) => {
    const logger = createTestLogger()
    logger.write(line({ _n: 1 }))
    logger.write(line({ _n: 1, _second: 'yes' }))
    expect(() => ask(logger)).toThrow('_second')
  })

  test('names every violation of GELF', () => {
    const logger = createTestLogger()
    logger.write(line({ _flag: true }))
    logger.write('no JSON')
    expect(() => logger.valid()).toThrow(/_flag .*not JSON/s)
  })
})
