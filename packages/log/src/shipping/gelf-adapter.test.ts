import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, test } from 'vitest'
import { createGelfAdapter, type GelfAdapterOptions } from './gelf-adapter.ts'

describe('createGelfAdapter', () => {
  test.each([
    ['no address', {}],
    ['another protocol', { url: 'http://graylog:12201' }],
    ['an unknown option', { url: 'udp://graylog', hosts: [] }],
    ['an empty queue', { url: 'udp://graylog', maxQueueCount: 0 }],
    ['a queue of few bytes', { url: 'udp://graylog', maxQueueBytes: 1000 }],
  ])('refuses %s', (_case, options) => {
    let thrown: unknown
    try {
      Reflect.apply(createGelfAdapter, undefined, [options])
    } catch (error) {
      thrown = error
    }
    expect(isKeelsonError(thrown, 'KEELSON_LOG_OPTIONS_INVALID')).toBe(true)
  })

  test.each([
    ['compression over TCP', { url: 'tcp://localhost', compression: 'gzip' }, 'gelfAdapter.compression'],
    [
      'a compression that Graylog does not know',
      { url: 'udp://localhost', compression: 'br' },
      'gelfAdapter.compression',
    ],
    [
      'a file that cannot be read',
      { url: 'tls://localhost', caFile: '/nowhere/ca.pem' },
      'gelfAdapter.caFile',
    ],
    [
      'an authority said twice',
      { url: 'tls://localhost', ca: 'PEM', caFile: 'ca.pem' },
      'gelfAdapter.caFile',
    ],
  ])('refuses %s', (_what, options, path) => {
    expect(() => createGelfAdapter(options as GelfAdapterOptions)).toThrow(
      expect.objectContaining({
        code: 'KEELSON_LOG_OPTIONS_INVALID',
        details: expect.objectContaining({ path }) as unknown,
      }),
    )
  })
})
