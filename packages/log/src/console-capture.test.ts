import { EventEmitter } from 'node:events'
import { runWithContext } from '@keelson/core/context'
import { describe, expect, test, vi } from 'vitest'
import { captureConsole, type CaptureTarget } from './console-capture.ts'
import { createLog } from './log.ts'

function captured() {
  const lines: Record<string, unknown>[] = []
  const plain: unknown[] = []
  const log = createLog({
    service: 'demo',
    level: 'trace',
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  })
  const method = (...args: unknown[]): void => void plain.push(args)
  const console = { trace: method, debug: method, log: method, info: method, warn: method, error: method }
  const emitter = new EventEmitter()
  // All that is used of the process.
  const target = { console, process: emitter as unknown as CaptureTarget['process'] }
  return { end: captureConsole(() => log.logger, target), console, emitter, lines, plain, method }
}

describe('captureConsole', () => {
  test('makes lines of what is written to the console, at its level, with the id of the request', () => {
    const { console, lines, plain } = captured()
    runWithContext({ requestId: 'r-1' }, () => console.log('a %s', 'b', { c: 1 }))
    console.warn('100 %s')
    console.debug(1)
    expect(lines).toMatchObject([
      { short_message: 'a b { c: 1 }', level: 6, _console: 'log', _request_id: 'r-1' },
      { short_message: '100 %s', level: 4 },
      { short_message: '1', level: 7 },
    ])
    expect(plain).toEqual([])
  })

  test('writes to the log of the service whose request it is', () => {
    const other: string[] = []
    const log = createLog({ service: 'other', destination: { write: (line) => void other.push(line) } })
    const end = log.captureConsole()
    const own: string[] = []
    const mine = createLog({ service: 'mine', destination: { write: (line) => void own.push(line) } })
    // oxlint-disable-next-line no-console
    runWithContext({ requestId: 'r-1', log: mine }, () => console.log('one'))
    end()
    expect(other).toEqual([])
    expect(own).toEqual([expect.stringContaining('"_request_id":"r-1"')])
  })

  test('writes errors with their stacks', () => {
    const { console, lines } = captured()
    console.error(new TypeError('gone'))
    console.error('while reading', new TypeError('gone'))
    expect(lines).toMatchObject([
      { short_message: 'gone', _error_type: 'TypeError', level: 3 },
      { _error_type: 'TypeError', full_message: expect.stringContaining('TypeError: gone') as string },
    ])
    expect(lines[1]?.['short_message']).toMatch(/^while reading TypeError: gone/)
  })

  test('makes lines of warnings of the process', () => {
    const { emitter, lines } = captured()
    emitter.emit('warning', Object.assign(new Error('old'), { name: 'DeprecationWarning', code: 'DEP0001' }))
    expect(lines).toMatchObject([{ short_message: 'old', level: 4, _error_code: 'DEP0001' }])
  })

  test('never throws, whatever it is given', () => {
    const { console, lines } = captured()
    const hostile = {
      get [Symbol.toStringTag](): string {
        throw new Error('no')
      },
    }
    console.log('%s', hostile)
    expect(lines).toHaveLength(1)
  })

  test('puts everything back, but not over what came after it', () => {
    const { end, console, emitter, method } = captured()
    const later = vi.fn<() => void>()
    console.warn = later
    end()
    expect(console.log).toBe(method)
    expect(console.warn).toBe(later)
    expect(emitter.listenerCount('warning')).toBe(0)
  })
})
